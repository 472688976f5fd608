// The pieces that readers are about to read, the only ones a reading session holds: ahead of each reader a window, in the order in which it
// will read. Of several readers the nearest pieces come first, by turns. Not from a BEP: which pieces are asked for is each client's affair.

import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import type { PieceOrder } from './piece-order.js';

/** Pieces `first` up to, but not with, `end`. */
export interface PieceRange {
  readonly first: number;
  readonly end: number;
}

/** What came into the window and what left it, by a move. */
export interface WindowMove {
  readonly entered: readonly PieceIndex[];
  readonly left: readonly PieceIndex[];
}

function* piecesOf(ranges: readonly PieceRange[]): Generator<PieceIndex> {
  for (const { first, end } of ranges) for (let piece = first; piece < end; piece++) yield piece as PieceIndex;
}

/** The first `count` pieces of `sequence` (ascending, apart from each other) from `piece` on. */
export function windowAt(sequence: readonly PieceRange[], piece: number, count: number): PieceRange[] {
  const ranges: PieceRange[] = [];
  let left = count;
  for (const range of sequence) {
    if (left <= 0) break;
    const first = Math.max(range.first, piece);
    const end = Math.min(range.end, first + left);
    if (end <= first) continue;
    ranges.push({ first, end });
    left -= end - first;
  }
  return ranges;
}

export class PieceWindow {
  #readers: readonly (readonly PieceRange[])[] = [];
  #pieces = new Set<PieceIndex>();
  /** Nearest first. */
  #order: PieceIndex[] = [];
  /** Before this place of `#order` nothing is pickable, as long as the picker has had so many insertions. */
  #start = 0;
  #insertions = -1;
  readonly #readable: Bitfield | null;

  /** `readable`: the pieces that may ever be in it; null: any. */
  constructor(readable: Bitfield | null = null) {
    this.#readable = readable;
  }

  /** It is in the window, was, or may be later. */
  mayCome(piece: PieceIndex): boolean {
    return this.#readable?.has(piece) !== false;
  }

  has(piece: PieceIndex): boolean {
    return this.#pieces.has(piece);
  }

  /** What will be read next, nearest first. */
  pieces(): readonly PieceIndex[] {
    return this.#order;
  }

  /**
   * For each reader the ranges it will read next, in their order; they may overlap those of others. `isKept`: what nobody will read next stays in
   * the window, behind the readers. Default: none of it.
   */
  move(readers: readonly (readonly PieceRange[])[], isKept: (piece: PieceIndex) => boolean = () => false): WindowMove {
    const before = this.#pieces;
    this.#readers = readers;
    this.#order = inTurn(readers);
    const pieces = new Set(this.#order);
    const left: PieceIndex[] = [];
    for (const piece of before) {
      if (pieces.has(piece)) continue;
      if (isKept(piece)) pieces.add(piece);
      else left.push(piece);
    }
    this.#pieces = pieces;
    this.#start = 0;
    return { entered: this.#order.filter((piece) => !before.has(piece)), left };
  }

  /** For each reader the piece that it waits for, or will first: the first one that is not there. */
  *heads(isThere: (piece: PieceIndex) => boolean): Generator<PieceIndex> {
    for (const ranges of this.#readers) {
      for (const piece of piecesOf(ranges)) {
        if (isThere(piece)) continue;
        yield piece;
        break;
      }
    }
  }

  /** The nearest pickable piece that `accept`s; it is told how near: 0 is the nearest of all, 1 the far end of the window. */
  pick(picker: PieceOrder, accept: (piece: PieceIndex, distance: number) => boolean): PieceIndex | null {
    const order = this.#order;
    if (this.#insertions !== picker.insertions) {
      this.#insertions = picker.insertions;
      this.#start = 0;
    }
    while (this.#start < order.length && !picker.isPickable(order[this.#start])) this.#start++;
    for (let at = this.#start; at < order.length; at++) {
      if (picker.isPickable(order[at]) && accept(order[at], at / order.length)) return order[at];
    }
    return null;
  }

  /** The nearest run of consecutive pieces that are all `free`, at most so many; null where there is none. */
  firstGap(isFree: (piece: PieceIndex) => boolean, maxPieces: number): PieceRange | null {
    const first = this.#order.find((piece) => isFree(piece));
    if (first === undefined) return null;
    let end = first + 1;
    while (end - first < maxPieces && this.#pieces.has(end as PieceIndex) && isFree(end as PieceIndex)) end++;
    return { first, end };
  }
}

/** The first piece of each reader, then the second of each, and so on; each piece once. */
function inTurn(readers: readonly (readonly PieceRange[])[]): PieceIndex[] {
  if (readers.length === 1) return [...piecesOf(readers[0])];
  const order = new Set<PieceIndex>();
  let walks = readers.map((ranges) => piecesOf(ranges));
  while (walks.length > 0) {
    walks = walks.filter((walk) => {
      const next = walk.next();
      if (next.done === true) return false;
      order.add(next.value);
      return true;
    });
  }
  return [...order];
}
