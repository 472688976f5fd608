// The piece hashes as the info dictionary has them: 20 bytes for each piece, end to end, never taken apart into objects.
// A torrent of a million pieces would otherwise be a million small arrays.

import { SHA1_BYTES } from '../hash/digest.js';
import type { PieceIndex } from '../model/ids.js';

/** The piece's SHA-1, 20 bytes: a view, not to be written to. */
export function hashOf(pieceHashes: Uint8Array, piece: PieceIndex): Uint8Array {
  return pieceHashes.subarray(piece * SHA1_BYTES, (piece + 1) * SHA1_BYTES);
}

/** Whether the 20 bytes of `digests` from `at` on are the piece's hash. Allocates nothing. */
export function matchesPieceHash(pieceHashes: Uint8Array, piece: PieceIndex, digests: Uint8Array, at = 0): boolean {
  const start = piece * SHA1_BYTES;
  for (let i = 0; i < SHA1_BYTES; i++) if (pieceHashes[start + i] !== digests[at + i]) return false;
  return true;
}
