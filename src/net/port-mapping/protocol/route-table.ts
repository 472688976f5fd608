// The default gateway as Linux tells it in /proc/net/route: one route a line, addresses as hexadecimal 32-bit numbers in the byte order
// of the machine. NAT-PMP and PCP speak to that host (RFC 6886, section 1; RFC 6887, section 8.1).

import { createAddress } from '../../../model/address.js';

const FLAG_UP = 1;
const FLAG_GATEWAY = 2;

/** Numeric IPv4 host of the default route with the lowest metric; null where there is none. */
export function parseDefaultGateway(text: string, isLittleEndian: boolean): string | null {
  let best: { host: string; metric: number } | null = null;
  for (const line of text.split('\n').slice(1)) {
    const [, destination, gateway, flags, , , metric, mask] = line.trim().split(/\s+/);
    if (mask === undefined || !/^0{8}$/.test(destination) || !/^0{8}$/.test(mask) || !/^[0-9a-f]{8}$/i.test(gateway)) continue;
    const flagBits = Number.parseInt(flags, 16);
    if ((flagBits & FLAG_UP) === 0 || (flagBits & FLAG_GATEWAY) === 0) continue;
    const bytes = [0, 2, 4, 6].map((at) => Number.parseInt(gateway.slice(at, at + 2), 16));
    const host = createAddress((isLittleEndian ? bytes.toReversed() : bytes).join('.'), 1)?.host;
    const cost = Number(metric);
    if (host !== undefined && (best === null || cost < best.metric)) best = { host, metric: cost };
  }
  return best?.host ?? null;
}
