// A set of pieces as the wire and the disk carry it: one bit a piece, the highest bit of byte 0 is piece 0 (BEP 3).
// Keeps its own count, so that "how many" and "all?" cost nothing.

import type { PieceIndex } from './ids.js';

export class Bitfield {
  readonly length: number;
  readonly #bytes: Uint8Array;
  #count = 0;

  /** An empty set over `length` pieces. */
  constructor(length: number) {
    this.length = length;
    this.#bytes = new Uint8Array(Math.ceil(length / 8));
  }

  static full(length: number): Bitfield {
    const field = new Bitfield(length);
    field.setAll();
    return field;
  }

  /** Copies wire bytes; null where their length is wrong or a spare bit is set (BEP 3: both are errors). */
  static fromBytes(bytes: Uint8Array, length: number): Bitfield | null {
    if (bytes.length !== Math.ceil(length / 8)) return null;
    const spare = bytes.length * 8 - length;
    if (spare > 0 && (bytes[bytes.length - 1] & ((1 << spare) - 1)) !== 0) return null;
    const field = new Bitfield(length);
    field.#bytes.set(bytes);
    let count = 0;
    for (let byte of bytes) {
      for (; byte !== 0; byte &= byte - 1) count++;
    }
    field.#count = count;
    return field;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.length;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  has(piece: PieceIndex): boolean {
    return (this.#bytes[piece >> 3] & (0x80 >> (piece & 7))) !== 0;
  }

  /** True where this changed the set. */
  set(piece: PieceIndex): boolean {
    if (this.has(piece)) return false;
    this.#bytes[piece >> 3] = this.#bytes[piece >> 3] | (0x80 >> (piece & 7));
    this.#count++;
    return true;
  }

  /** True where this changed the set. */
  clear(piece: PieceIndex): boolean {
    if (!this.has(piece)) return false;
    this.#bytes[piece >> 3] = this.#bytes[piece >> 3] & ~(0x80 >> (piece & 7));
    this.#count--;
    return true;
  }

  /** Whether every piece of `other`, a set over as many pieces, is in this one. */
  includes(other: Bitfield): boolean {
    return this.isFull || other.#bytes.every((byte, at) => (byte & ~this.#bytes[at]) === 0);
  }

  setAll(): void {
    this.#bytes.fill(0xff);
    const spare = this.#bytes.length * 8 - this.length;
    if (this.#bytes.length > 0) this.#bytes[this.#bytes.length - 1] = (0xff << spare) & 0xff;
    this.#count = this.length;
  }

  clone(): Bitfield {
    const field = new Bitfield(this.length);
    field.#bytes.set(this.#bytes);
    field.#count = this.#count;
    return field;
  }

  /** A copy of the wire form, spare bits zero. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** The pieces in the set, ascending. */
  *[Symbol.iterator](): Generator<PieceIndex> {
    for (let i = 0; i < this.length; i++) if (this.has(i as PieceIndex)) yield i as PieceIndex;
  }
}
