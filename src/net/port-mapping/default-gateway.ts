// The host that leads out of the local network, where the system tells: Linux does in a file. Elsewhere it would take a program to ask;
// UPnP finds its gateway by itself.

import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { createAddress, type Address } from '../../model/address.js';
import { GATEWAY_PORT } from './protocol/gateway-codec.js';
import { parseDefaultGateway } from './protocol/route-table.js';

const ROUTES = '/proc/net/route';

/** Where NAT-PMP and PCP are spoken to; null where there is no default route, or the system does not tell. */
export async function findGateway(): Promise<Address | null> {
  try {
    const host = parseDefaultGateway(await readFile(ROUTES, 'latin1'), endianness() === 'LE');
    return host === null ? null : createAddress(host, GATEWAY_PORT);
  } catch {
    return null;
  }
}
