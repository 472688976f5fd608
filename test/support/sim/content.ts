// The torrent of a simulated swarm: real bytes, small, with real SHA-1 digests, and blocks that are nothing but padding.

import { sha1 } from '../../../src/hash/digest.js';
import { BLOCK_LENGTH, Geometry } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import type { Random } from '../../../src/model/random.js';

export interface Content {
  readonly geometry: Geometry;
  readonly bytes: Uint8Array;
  readonly pieceHashes: readonly Uint8Array[];
  readonly isPadding: (piece: PieceIndex, block: number) => boolean;
}

export function createContent(totalLength: number, pieceLength: number, paddingShare: number, random: Random): Content {
  const geometry = new Geometry(totalLength, pieceLength);
  const bytes = new Uint8Array(totalLength);
  for (let i = 0; i < totalLength; i++) bytes[i] = random.below(256);
  const padding = new Set<string>();
  const pieceHashes: Uint8Array[] = [];
  for (const piece of geometry.pieces()) {
    const offset = geometry.pieceOffset(piece);
    for (let block = 0; block < geometry.blockCount(piece); block++) {
      if (random.next() >= paddingShare) continue;
      padding.add(`${piece}:${block}`);
      const from = offset + block * BLOCK_LENGTH;
      bytes.fill(0, from, from + geometry.blockLength(piece, block));
    }
    pieceHashes.push(sha1(bytes.subarray(offset, offset + geometry.pieceLength(piece))));
  }
  return { geometry, bytes, pieceHashes, isPadding: (piece, block) => padding.has(`${piece}:${block}`) };
}

/** The true bytes of a range: a view. */
export function contentRange(content: Content, piece: PieceIndex, begin: number, length: number): Uint8Array {
  const from = content.geometry.pieceOffset(piece) + begin;
  return content.bytes.subarray(from, from + length);
}
