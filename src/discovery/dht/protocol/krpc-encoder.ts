// Messages of the DHT to datagrams (BEP 5). What is too long for one (BEP 32: 1024 bytes) is for whoever makes the reply to avoid, for only he
// knows what can be left out.

import { encode, type Encodable } from '../../../bencode/encode.js';
import { encodeCompactAddress, type Address } from '../../../model/address.js';
import type { KrpcErrorNumber } from './krpc-error.js';
import type { Query, Reply, Wanted } from './krpc-message.js';
import { NODE_ID_BYTES, type NodeContact, type NodeId } from './node-id.js';

/** BEP 32: longer datagrams may not arrive. */
export const MAX_SENT_BYTES = 1024;

export interface Envelope {
  readonly transaction: Uint8Array;
  readonly id: NodeId;
}

export function encodeQuery({ transaction, id }: Envelope, query: Query, isReadOnly: boolean): Uint8Array {
  return encode({ a: { id, ...argumentsOf(query) }, q: query.method, ro: isReadOnly ? 1 : undefined, t: transaction, y: 'q' });
}

/** `to` is told how it is seen (BEP 42). */
export function encodeReply({ transaction, id }: Envelope, reply: Reply, to: Address): Uint8Array {
  const { nodes, nodes6, values, token, filters } = reply;
  const r = {
    id,
    nodes: nodes === undefined ? undefined : encodeContacts(nodes),
    nodes6: nodes6 === undefined ? undefined : encodeContacts(nodes6),
    values: values?.map((address) => encodeCompactAddress(address)),
    token,
    BFsd: filters?.seeds,
    BFpe: filters?.peers,
  };
  return encode({ ip: encodeCompactAddress(to), r, t: transaction, y: 'r' });
}

export function encodeError(transaction: Uint8Array, number: KrpcErrorNumber, text: string): Uint8Array {
  return encode({ e: [number, text], t: transaction, y: 'e' });
}

function argumentsOf(query: Query): Record<string, Encodable | undefined> {
  switch (query.method) {
    case 'ping':
      return {};
    case 'find_node':
      return { target: query.target, want: encodeWanted(query.want) };
    case 'get_peers':
      return {
        info_hash: query.infoHash,
        noseed: query.noSeeds ? 1 : undefined,
        scrape: query.scrape ? 1 : undefined,
        want: encodeWanted(query.want),
      };
    default:
      return {
        implied_port: query.port === null ? 1 : undefined,
        info_hash: query.infoHash,
        // BEP 5 wants the argument in any case.
        port: query.port ?? 1,
        seed: query.isSeed ? 1 : undefined,
        token: query.token,
      };
  }
}

function encodeWanted(want: Wanted | null): string[] | undefined {
  return want === null ? undefined : [...(want.n4 ? ['n4'] : []), ...(want.n6 ? ['n6'] : [])];
}

/** Contacts of one family: 26 bytes each, or 38. */
function encodeContacts(contacts: readonly NodeContact[]): Uint8Array {
  const parts = contacts.map(({ address }) => encodeCompactAddress(address));
  const size = NODE_ID_BYTES + (parts[0]?.length ?? 0);
  const bytes = new Uint8Array(size * contacts.length);
  for (const [i, { id }] of contacts.entries()) {
    bytes.set(id, i * size);
    bytes.set(parts[i], i * size + NODE_ID_BYTES);
  }
  return bytes;
}
