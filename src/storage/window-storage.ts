// The pieces that readers are about to read, in memory, each in a buffer of its own that goes when the piece is forgotten: what a session
// that reads holds of its torrent. A buffer is never used again, so what was handed out of it stays as it was for whoever keeps it.

import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import { refuse } from './storage-failure.js';
import type { Storage } from './storage.js';

export class WindowStorage implements Storage {
  readonly #geometry: Geometry;
  readonly #pieces = new Map<PieceIndex, Uint8Array>();
  #bytes = 0;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
  }

  /** Bytes that are held, verified or not. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** The bytes of the piece, as far as they were written; null where none were. Not to be changed. */
  view(piece: PieceIndex): Uint8Array | null {
    return this.#pieces.get(piece) ?? null;
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void {
    this.#walk(offset, to - from, (piece, begin, length, done) => {
      this.#piece(piece).set(bytes.subarray(from + done, from + done + length), begin);
    });
  }

  async read(offset: number, length: number, into: Uint8Array, at: number): Promise<void> {
    this.#walk(offset, length, (piece, begin, step, done) => {
      const held = this.#pieces.get(piece);
      if (held === undefined) throw refuse('read', `piece ${piece} in memory`, 'ENOENT');
      into.set(held.subarray(begin, begin + step), at + done);
    });
  }

  forget(piece: PieceIndex): void {
    const held = this.#pieces.get(piece);
    if (held === undefined) return;
    this.#pieces.delete(piece);
    this.#bytes -= held.length;
  }

  finishFile(): void {}

  releaseIdle(): void {}

  close(): void {
    this.#pieces.clear();
    this.#bytes = 0;
  }

  #piece(piece: PieceIndex): Uint8Array {
    let held = this.#pieces.get(piece);
    if (held === undefined) {
      // Not of Node's pool, and not zeroed: every byte is written before the piece counts.
      held = Buffer.allocUnsafeSlow(this.#geometry.pieceLength(piece));
      this.#pieces.set(piece, held);
      this.#bytes += held.length;
    }
    return held;
  }

  #walk(offset: number, length: number, visit: (piece: PieceIndex, begin: number, length: number, done: number) => void): void {
    const { standardPieceLength } = this.#geometry;
    for (let done = 0; done < length;) {
      const piece = Math.floor((offset + done) / standardPieceLength) as PieceIndex;
      const begin = (offset + done) % standardPieceLength;
      const step = Math.min(this.#geometry.pieceLength(piece) - begin, length - done);
      visit(piece, begin, step, done);
      done += step;
    }
  }
}
