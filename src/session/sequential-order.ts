// Pieces in the torrent's order, for who wants to look at the beginning first: the lowest missing one that a peer has. A cursor stands at
// or before the lowest, so a pick from a seed is one step, and a piece that comes back moves it back.

import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import type { PieceOrder } from './piece-order.js';

export class SequentialOrder implements PieceOrder {
  readonly #availability: Uint16Array;
  readonly #pickable: Uint8Array;
  /** No pickable piece is below it. */
  #cursor = 0;
  /** Every pickable piece is below it. */
  #end = 0;
  #count = 0;
  #seeds = 0;
  #insertions = 0;

  constructor(pieceCount: number) {
    this.#availability = new Uint16Array(pieceCount);
    this.#pickable = new Uint8Array(pieceCount);
  }

  get count(): number {
    return this.#count;
  }

  get insertions(): number {
    return this.#insertions;
  }

  availability(piece: PieceIndex): number {
    return this.#availability[piece] + this.#seeds;
  }

  isPickable(piece: PieceIndex): boolean {
    return this.#pickable[piece] !== 0;
  }

  isUrgent(_piece: PieceIndex): boolean {
    return true;
  }

  insert(piece: PieceIndex): void {
    if (this.#pickable[piece] !== 0) return;
    this.#pickable[piece] = 1;
    this.#insertions++;
    this.#count++;
    this.#cursor = Math.min(this.#cursor, piece);
    this.#end = Math.max(this.#end, piece + 1);
  }

  insertAll(pieces: readonly PieceIndex[]): void {
    for (const piece of pieces) this.insert(piece);
  }

  remove(piece: PieceIndex): void {
    if (this.#pickable[piece] === 0) return;
    this.#pickable[piece] = 0;
    this.#count--;
  }

  addSeed(): void {
    this.#seeds++;
  }

  removeSeed(): void {
    this.#seeds--;
  }

  addHave(piece: PieceIndex): void {
    this.#availability[piece]++;
  }

  removeHave(piece: PieceIndex): void {
    this.#availability[piece]--;
  }

  pick(have: Bitfield, accept: (piece: PieceIndex) => boolean): PieceIndex | null {
    if (this.#count === 0) return null;
    while (this.#pickable[this.#cursor] === 0) this.#cursor++;
    for (let piece = this.#cursor as PieceIndex; piece < this.#end; piece = (piece + 1) as PieceIndex) {
      if (this.#pickable[piece] !== 0 && have.has(piece) && accept(piece)) return piece;
    }
    return null;
  }
}
