// Pieces by level: each level has an order of its own and is asked only where those above it have nothing for the peer. Each piece lives in
// one of them for good, unwanted ones too, so that what peers have is counted once and every change costs what it costs in that order.

import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import type { PieceOrder } from './piece-order.js';

export class LevelOrder implements PieceOrder {
  readonly #levels: Uint8Array;
  /** By level; holes where no piece has it. */
  readonly #byLevel: (PieceOrder | undefined)[] = [];
  /** Highest level first. */
  readonly #orders: readonly PieceOrder[];

  /** `levels`: of each piece, the higher the sooner. */
  constructor(levels: Uint8Array, create: () => PieceOrder) {
    this.#levels = levels;
    for (const level of levels) this.#byLevel[level] ??= create();
    this.#orders = this.#byLevel.filter((order) => order !== undefined).toReversed();
  }

  get count(): number {
    return this.#orders.reduce((count, order) => count + order.count, 0);
  }

  get insertions(): number {
    return this.#orders.reduce((count, order) => count + order.insertions, 0);
  }

  availability(piece: PieceIndex): number {
    return this.#of(piece).availability(piece);
  }

  isPickable(piece: PieceIndex): boolean {
    return this.#of(piece).isPickable(piece);
  }

  isUrgent(piece: PieceIndex): boolean {
    for (const order of this.#orders) if (order.count > 0) return order === this.#of(piece) && order.isUrgent(piece);
    return true;
  }

  insert(piece: PieceIndex): void {
    this.#of(piece).insert(piece);
  }

  insertAll(pieces: readonly PieceIndex[]): void {
    for (const piece of pieces) this.insert(piece);
  }

  remove(piece: PieceIndex): void {
    this.#of(piece).remove(piece);
  }

  addSeed(): void {
    for (const order of this.#orders) order.addSeed();
  }

  removeSeed(): void {
    for (const order of this.#orders) order.removeSeed();
  }

  addHave(piece: PieceIndex): void {
    this.#of(piece).addHave(piece);
  }

  removeHave(piece: PieceIndex): void {
    this.#of(piece).removeHave(piece);
  }

  pick(have: Bitfield, accept: (piece: PieceIndex) => boolean): PieceIndex | null {
    for (const order of this.#orders) {
      const piece = order.count === 0 ? null : order.pick(have, accept);
      if (piece !== null) return piece;
    }
    return null;
  }

  #of(piece: PieceIndex): PieceOrder {
    return this.#byLevel[this.#levels[piece]] as PieceOrder;
  }
}
