// The sizes of a torrent: how it is cut into pieces (the hashed unit) and blocks (the request unit, 16 KiB, BEP 3).
// The only source of lengths in effusion: the last piece and the last block of a piece may be short, or exactly full.

import { InvariantError } from './error.js';
import type { PieceIndex } from './ids.js';

export const BLOCK_LENGTH = 16_384;

export class Geometry {
  readonly totalLength: number;
  readonly standardPieceLength: number;
  readonly pieceCount: number;

  /** Lengths in bytes; `totalLength` may be 0 (no pieces), `pieceLength` is at least 1. */
  constructor(totalLength: number, pieceLength: number) {
    if (!(Number.isSafeInteger(totalLength) && totalLength >= 0 && Number.isSafeInteger(pieceLength) && pieceLength > 0)) {
      throw new InvariantError('geometry needs safe, positive lengths', { totalLength, pieceLength });
    }
    this.totalLength = totalLength;
    this.standardPieceLength = pieceLength;
    this.pieceCount = Math.ceil(totalLength / pieceLength);
  }

  /** A number from outside as a PieceIndex, or null where it names no piece. */
  validatePieceIndex(index: number): PieceIndex | null {
    return Number.isInteger(index) && index >= 0 && index < this.pieceCount ? (index as PieceIndex) : null;
  }

  pieceLength(piece: PieceIndex): number {
    // No branch for the last piece: V8 compiles none that it has not seen, and throws all of the block path away when it comes.
    return Math.min(this.standardPieceLength, this.totalLength - piece * this.standardPieceLength);
  }

  /** Offset of the piece's first byte in the torrent's bytes laid end to end. */
  pieceOffset(piece: PieceIndex): number {
    return piece * this.standardPieceLength;
  }

  blockCount(piece: PieceIndex): number {
    return Math.ceil(this.pieceLength(piece) / BLOCK_LENGTH);
  }

  blockLength(piece: PieceIndex, block: number): number {
    return Math.min(BLOCK_LENGTH, this.pieceLength(piece) - block * BLOCK_LENGTH);
  }

  /** The block that exactly covers begin … begin + length of the piece, or null: we only ever request whole blocks. */
  validateBlock(piece: PieceIndex, begin: number, length: number): number | null {
    if (begin < 0 || begin % BLOCK_LENGTH !== 0) return null;
    const block = begin / BLOCK_LENGTH;
    return block < this.blockCount(piece) && length === this.blockLength(piece, block) ? block : null;
  }

  /** Whether begin … begin + length lies within the piece (what others may request of us). */
  containsRange(piece: PieceIndex, begin: number, length: number): boolean {
    return begin >= 0 && length > 0 && begin + length <= this.pieceLength(piece);
  }

  /** Every piece, for loops that need the brand. */
  *pieces(): Generator<PieceIndex> {
    for (let i = 0; i < this.pieceCount; i++) yield i as PieceIndex;
  }
}
