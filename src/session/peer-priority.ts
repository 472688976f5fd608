// Canonical peer priority (BEP 40): a number that both ends of a connection find for it, from nothing but their addresses. Where all prefer
// the connections of high priority, each peer of a swarm finds as many as the next one, and a flood of newcomers pushes nobody out.

import { crc32c } from '../hash/crc32c.js';
import type { ExternalAddresses } from '../model/external-addresses.js';
import { createAddress, encodeCompactAddress, type Address } from '../model/address.js';

const PORT_BYTES = 2;
/** Bytes that count in full, for each family, when the two have none in common: /16 and /48. */
const WHOLE_BYTES = { 4: 2, 6: 6 } as const;
const MASK = 0x55;

function commonBytes(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

/** The two one behind the other, the smaller one first. */
function joinSorted(a: Uint8Array, b: Uint8Array): Uint8Array {
  const at = commonBytes(a, b);
  const [first, second] = at < a.length && a[at] > b[at] ? [b, a] : [a, b];
  return Uint8Array.from([...first, ...second]);
}

/** 0 … 2^32 − 1, the higher the better; the same with the two changed over. Null for addresses of different families. */
export function peerPriority(a: Address, b: Address): number | null {
  if (a.family !== b.family) return null;
  const [compactA, compactB] = [encodeCompactAddress(a), encodeCompactAddress(b)];
  const [ipA, ipB] = [compactA.subarray(0, -PORT_BYTES), compactB.subarray(0, -PORT_BYTES)];
  const common = commonBytes(ipA, ipB);
  if (common === ipA.length) return crc32c(joinSorted(compactA.subarray(-PORT_BYTES), compactB.subarray(-PORT_BYTES)));
  // Of two in one network, as much more counts as tells them apart.
  const whole = Math.max(WHOLE_BYTES[a.family], common + 1);
  const mask = (byte: number, at: number): number => (at < whole ? byte : byte & MASK);
  return crc32c(joinSorted(ipA.map(mask), ipB.map(mask)));
}

/** The priorities of peers for us, wherever others see us at the moment. */
export class PeerPriorities {
  readonly #external: ExternalAddresses;
  readonly #ownPort: number | null;

  /** `ownPort`: where we listen; it counts for peers of our own address only. */
  constructor(external: ExternalAddresses, ownPort: number | null) {
    this.#external = external;
    this.#ownPort = ownPort;
  }

  /** Grows whenever the answers may change. */
  get revision(): number {
    return this.#external.revision;
  }

  /** As `peerPriority`; null where we don't know our address. */
  of(peer: Address): number | null {
    const host = this.#external.host(peer.family);
    if (host === null || (host === peer.host && this.#ownPort === null)) return null;
    const own = createAddress(host, this.#ownPort ?? 1);
    return own === null ? null : peerPriority(own, peer);
  }
}
