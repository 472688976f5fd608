// The pieces that readers are about to read, in memory, each in a buffer of its own that goes when the piece is forgotten: what a session
// that reads holds of its torrent. What was handed out for good stays as it was for whoever keeps it; a buffer that was only lent, or not
// seen at all, is used again: at full speed new memory for each piece cost as much as hashing it.

import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import { copyBytes } from './copy-bytes.js';
import { refuse } from './storage-failure.js';
import type { Storage } from './storage.js';

export class WindowStorage implements Storage {
  readonly #geometry: Geometry;
  readonly #maxBytes: number;
  readonly #pieces = new Map<PieceIndex, Uint8Array>();
  /** Of the usual length, with nobody's bytes in them. */
  readonly #idle: Uint8Array[] = [];
  /** Pieces that somebody may have for longer than we do. */
  readonly #kept = new Set<PieceIndex>();
  #bytes = 0;

  /** `maxBytes`: held and idle together; no limit to what is held. */
  constructor(geometry: Geometry, maxBytes = 0) {
    this.#geometry = geometry;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are held, verified or not. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Bytes of buffers that wait for their next use. */
  get idleBytes(): number {
    return this.#idle.length * this.#geometry.standardPieceLength;
  }

  /** The bytes of the piece, as far as they were written, for good; null where none were. Not to be changed. */
  view(piece: PieceIndex): Uint8Array | null {
    const held = this.lend(piece);
    if (held !== null) this.#kept.add(piece);
    return held;
  }

  /** The same until the piece is forgotten: whoever has it is through with it then, or calls `keep` before. */
  lend(piece: PieceIndex): Uint8Array | null {
    return this.#pieces.get(piece) ?? null;
  }

  /** Who was lent it may have it for longer. */
  keep(piece: PieceIndex): void {
    if (this.#pieces.has(piece)) this.#kept.add(piece);
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void {
    this.#walk(offset, to - from, (piece, begin, length, done) => {
      copyBytes(bytes, from + done, from + done + length, this.#piece(piece), begin);
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
    if (this.#kept.delete(piece) || held.length !== this.#geometry.standardPieceLength) return;
    if (this.#bytes + this.idleBytes + held.length <= this.#maxBytes) this.#idle.push(held);
  }

  finishFile(): void {}

  releaseIdle(): void {
    this.#idle.length = 0;
  }

  close(): void {
    this.#pieces.clear();
    this.#kept.clear();
    this.#bytes = 0;
    this.releaseIdle();
  }

  #piece(piece: PieceIndex): Uint8Array {
    let held = this.#pieces.get(piece);
    if (held === undefined) {
      const length = this.#geometry.pieceLength(piece);
      const idle = length === this.#geometry.standardPieceLength ? this.#idle.pop() : undefined;
      // Not of Node's pool, and not zeroed: every byte is written before the piece counts.
      held = idle ?? Buffer.allocUnsafeSlow(length);
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
