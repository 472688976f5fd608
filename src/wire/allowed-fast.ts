// The canonical allowed-fast set (BEP 6): pieces that a new peer may have even while choked, the same ones from every
// member of the swarm. Derived from the peer's network, not its host, so that a block of addresses gains nothing.

import { sha1 } from '../hash/digest.js';
import { encodeCompactAddress, type Address } from '../model/address.js';
import type { PieceIndex } from '../model/ids.js';

/** Size of the set that the field uses. */
const ALLOWED_FAST_COUNT = 10;

/** A digest yields this many four-byte candidates. */
const CANDIDATES = 5;

/** The part of the address that is hashed: an IPv4 /24 (BEP 6), and an IPv6 /64, which the BEP leaves open. */
function networkBytes(remote: Address): Uint8Array {
  const compact = encodeCompactAddress(remote);
  return remote.family === 4 ? compact.fill(0, 3).subarray(0, 4) : compact.fill(0, 8).subarray(0, 16);
}

/**
 * In the order of the algorithm; all pieces where the torrent has no more than `count`. `infoHash` is 20 bytes.
 * The caller's geometry makes the results valid piece indices: `pieceCount` must be its own.
 */
export function allowedFastSet(
  remote: Address,
  infoHash: Uint8Array,
  pieceCount: number,
  count: number = ALLOWED_FAST_COUNT,
): PieceIndex[] {
  const wanted = Math.min(count, pieceCount);
  const chosen = new Set<number>();
  const network = networkBytes(remote);
  let digest: Uint8Array = new Uint8Array(network.length + infoHash.length);
  digest.set(network);
  digest.set(infoHash, network.length);
  while (chosen.size < wanted) {
    digest = sha1(digest);
    const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
    for (let i = 0; i < CANDIDATES && chosen.size < wanted; i++) chosen.add(view.getUint32(i * 4) % pieceCount);
  }
  return [...chosen] as PieceIndex[];
}
