// Which piece to begin next: the rarest one a peer has, ties at random (BEP 3). Missing pieces lie in one array sorted
// by availability, in buckets with known borders: a HAVE or a lost peer moves a piece by swapping it over one border, so
// every change is O(1) and a pick from a seed is the array's first entry. Seeds have every piece: they are counted, not entered.

import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import type { Random } from '../model/random.js';
import type { PieceOrder } from './piece-order.js';

const ABSENT = -1;

export class PiecePicker implements PieceOrder {
  readonly #random: Random;
  readonly #availability: Uint16Array;
  readonly #order: Int32Array;
  readonly #position: Int32Array;
  /** `#ends[a]`: one past the last entry of availability `a` in `#order`. */
  readonly #ends: number[] = [0];
  #count = 0;
  /** Of all pieces together, as `#availability` has them. */
  #haves = 0;
  #seeds = 0;
  #insertions = 0;

  constructor(pieceCount: number, random: Random) {
    this.#random = random;
    this.#availability = new Uint16Array(pieceCount);
    this.#order = new Int32Array(pieceCount);
    this.#position = new Int32Array(pieceCount).fill(ABSENT);
  }

  /** Pieces that may be picked. */
  get count(): number {
    return this.#count;
  }

  /** Grows with every insert: until then, who has nothing pickable has nothing pickable. */
  get insertions(): number {
    return this.#insertions;
  }

  /** How many connected peers have the piece. */
  availability(piece: PieceIndex): number {
    return this.#availability[piece] + this.#seeds;
  }

  isPickable(piece: PieceIndex): boolean {
    return this.#position[piece] !== ABSENT;
  }

  isUrgent(_piece: PieceIndex): boolean {
    return true;
  }

  /** The piece is missing and may be picked. */
  insert(piece: PieceIndex): void {
    if (this.#position[piece] !== ABSENT) return;
    this.#insertions++;
    const availability = this.#availability[piece];
    this.#growTo(availability);
    // Make a hole at the end of the piece's bucket: each bucket above gives its first entry's place to the one below.
    let hole = this.#count++;
    for (let a = this.#ends.length - 1; a > availability; a--) {
      const start = this.#ends[a - 1];
      this.#place(this.#order[start] as PieceIndex, hole, start !== hole);
      hole = start;
      this.#ends[a]++;
    }
    this.#order[hole] = piece;
    this.#position[piece] = hole;
    this.#ends[availability]++;
    this.#mix(hole, availability);
  }

  /** While nobody has said what he has, they are one bucket: the same entries come of it as one by one, in a tenth of the calls. */
  insertAll(pieces: readonly PieceIndex[]): void {
    if (this.#count > 0 || this.#haves > 0) {
      for (const piece of pieces) this.insert(piece);
      return;
    }
    const order = this.#order;
    for (let at = 0; at < pieces.length; at++) {
      const place = this.#random.below(at + 1);
      order[at] = order[place];
      order[place] = pieces[at];
    }
    for (let at = 0; at < pieces.length; at++) this.#position[order[at]] = at;
    this.#ends.fill(pieces.length);
    this.#count = pieces.length;
    this.#insertions += pieces.length;
  }

  /** The piece is no longer to be picked: opened, or here. */
  remove(piece: PieceIndex): void {
    let hole = this.#position[piece];
    if (hole === ABSENT) return;
    this.#position[piece] = ABSENT;
    for (let a = this.#availability[piece]; a < this.#ends.length; a++) {
      const last = --this.#ends[a];
      this.#place(this.#order[last] as PieceIndex, hole, last !== hole);
      hole = last;
    }
    this.#count--;
  }

  addSeed(): void {
    this.#seeds++;
  }

  removeSeed(): void {
    this.#seeds--;
  }

  addHave(piece: PieceIndex): void {
    const availability = this.#availability[piece];
    this.#availability[piece] = availability + 1;
    this.#haves++;
    const at = this.#position[piece];
    if (at === ABSENT) return;
    this.#growTo(availability + 1);
    const last = --this.#ends[availability];
    this.#swap(at, last);
    this.#mix(last, availability + 1);
  }

  removeHave(piece: PieceIndex): void {
    const availability = this.#availability[piece];
    this.#availability[piece] = availability - 1;
    this.#haves--;
    const at = this.#position[piece];
    if (at === ABSENT) return;
    const first = this.#ends[availability - 1]++;
    this.#swap(at, first);
    this.#mix(first, availability - 1);
  }

  /** The rarest pickable piece that is in `have` and passes `accept`, or null. */
  pick(have: Bitfield, accept: (piece: PieceIndex) => boolean): PieceIndex | null {
    for (let i = 0; i < this.#count; i++) {
      const piece = this.#order[i] as PieceIndex;
      if (have.has(piece) && accept(piece)) return piece;
    }
    return null;
  }

  #growTo(availability: number): void {
    while (this.#ends.length <= availability) this.#ends.push(this.#count);
  }

  #place(piece: PieceIndex, at: number, moves: boolean): void {
    if (!moves) return;
    this.#order[at] = piece;
    this.#position[piece] = at;
  }

  #swap(a: number, b: number): void {
    if (a === b) return;
    const pieceA = this.#order[a];
    const pieceB = this.#order[b];
    this.#order[a] = pieceB;
    this.#order[b] = pieceA;
    this.#position[pieceA] = b;
    this.#position[pieceB] = a;
  }

  /** A newcomer trades places with a random entry of its bucket: that is what makes ties random. */
  #mix(at: number, availability: number): void {
    const start = availability === 0 ? 0 : this.#ends[availability - 1];
    this.#swap(at, start + this.#random.below(this.#ends[availability] - start));
  }
}
