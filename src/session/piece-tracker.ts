// Where each piece stands: missing → open → storing → have, in exactly one of the four at any time, and back to missing
// when it failed its hash or was given up. A missing piece may be claimed by a web seed, which opens it later. Keeps the counts that decide endgame and completion.

import { Bitfield } from '../model/bitfield.js';
import { invariant } from '../model/error.js';
import type { Geometry } from '../model/geometry.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Random } from '../model/random.js';
import type { Millis } from '../model/time.js';
import { OpenPiece } from './open-piece.js';
import type { PieceBudget } from './limits.js';
import type { PieceOrder } from './piece-order.js';
import type { PiecePlan } from './piece-plan.js';
import { createPieceOrder } from './planned-order.js';

export type PieceState = 'missing' | 'open' | 'storing' | 'have';

export class PieceTracker {
  readonly have: Bitfield;
  readonly picker: PieceOrder;
  readonly #geometry: Geometry;
  /** Null: every piece is wanted. */
  readonly #plan: PiecePlan | null;
  readonly #budget: PieceBudget;
  readonly #isPadding: (piece: PieceIndex, block: number) => boolean;
  readonly #open = new Map<PieceIndex, OpenPiece>();
  /** Open pieces with blocks nobody was asked for, in the order they were opened. */
  readonly #partial = new Set<OpenPiece>();
  readonly #storing = new Map<PieceIndex, OpenPiece>();
  /** Missing pieces that a web seed is going to open, by its link: not for the picker. */
  readonly #claims = new Map<PieceIndex, PeerKey>();
  readonly #isInReach: (piece: PieceIndex) => boolean;
  #verifiedBytes = 0;
  #missing: number;
  #missingBytes: number;

  /** `isInReach`: what may be picked at all now, of what is wanted; asked whenever a piece goes missing. */
  constructor(
    geometry: Geometry,
    budget: PieceBudget,
    random: Random,
    isPadding: (piece: PieceIndex, block: number) => boolean,
    plan: PiecePlan | null = null,
    isInReach: (piece: PieceIndex) => boolean = () => true,
  ) {
    this.#isInReach = isInReach;
    this.#geometry = geometry;
    this.#plan = plan;
    this.#missing = plan === null ? geometry.pieceCount : plan.wanted.count;
    this.#missingBytes = plan === null ? geometry.totalLength : plan.totalBytes - plan.givenBytes;
    this.#budget = budget;
    this.#isPadding = isPadding;
    this.have = new Bitfield(geometry.pieceCount);
    this.picker = createPieceOrder(geometry.pieceCount, random, plan);
  }

  /** What the disk has; every other piece that is wanted becomes pickable. */
  start(have: Bitfield): void {
    const { pieceCount } = this.#geometry;
    const pickable: PieceIndex[] = [];
    for (let piece = 0 as PieceIndex; piece < pieceCount; piece = (piece + 1) as PieceIndex) {
      if (have.has(piece)) this.#count(piece);
      else if (this.#isForPicker(piece)) pickable.push(piece);
    }
    this.picker.insertAll(pickable);
  }

  get verifiedBytes(): number {
    return this.#verifiedBytes;
  }

  /** Every wanted piece is there. */
  get isComplete(): boolean {
    return this.#missing === 0;
  }

  isWanted(piece: PieceIndex): boolean {
    return this.#plan === null || this.#plan.wanted.has(piece);
  }

  /** Wanted and not there. */
  isLacking(piece: PieceIndex): boolean {
    return this.isWanted(piece) && !this.have.has(piece);
  }

  /** Pieces that are wanted, those that are there included. */
  get wantedCount(): number {
    return this.#plan === null ? this.#geometry.pieceCount : this.#plan.wanted.count;
  }

  /** Wanted pieces that are not there. */
  get missingCount(): number {
    return this.#missing;
  }

  /** Bytes of what was chosen, and those of them that are not there: pieces count with their share. */
  get wantedBytes(): number {
    return this.#plan === null ? this.#geometry.totalLength : this.#plan.totalBytes;
  }

  get missingBytes(): number {
    return this.#missingBytes;
  }

  get openCount(): number {
    return this.#open.size + this.#storing.size;
  }

  /** Every missing block has been asked of somebody, and some are still to come. */
  get isEndgame(): boolean {
    return this.picker.count === 0 && this.#claims.size === 0 && this.#partial.size === 0 && this.#open.size > 0;
  }

  stateOf(piece: PieceIndex): PieceState {
    if (this.have.has(piece)) return 'have';
    if (this.#open.has(piece)) return 'open';
    return this.#storing.has(piece) ? 'storing' : 'missing';
  }

  openPiece(piece: PieceIndex): OpenPiece | undefined {
    return this.#open.get(piece);
  }

  openPieces(): IterableIterator<OpenPiece> {
    return this.#open.values();
  }

  partialPieces(): IterableIterator<OpenPiece> {
    return this.#partial.values();
  }

  storingPieces(): IterableIterator<OpenPiece> {
    return this.#storing.values();
  }

  /**
   * Opens a missing piece, or null where the memory budget has no room for it now. An exclusive piece always finds room: its
   * suspects do nothing else until it is settled, and so could never free any.
   */
  open(piece: PieceIndex, isExclusive: boolean, now: Millis): OpenPiece | null {
    invariant(this.picker.isPickable(piece) || this.#claims.has(piece), 'only a missing piece can be opened', { piece });
    if (!this.#budget.reserve(this.#geometry.pieceLength(piece), isExclusive || this.openCount === 0, piece)) return null;
    if (!this.#claims.delete(piece)) this.picker.remove(piece);
    const open = new OpenPiece(piece, this.#geometry.blockCount(piece), isExclusive, now);
    for (let block = 0; block < open.blockCount; block++) if (this.#isPadding(piece, block)) open.receivePadding(block);
    this.#open.set(piece, open);
    this.updatePartial(open);
    return open;
  }

  /** A missing piece is set aside for a link of a web seed: nobody else opens it. */
  claim(piece: PieceIndex, link: PeerKey): void {
    invariant(this.picker.isPickable(piece), 'only a missing piece can be claimed', { piece });
    this.picker.remove(piece);
    this.#claims.set(piece, link);
  }

  /** It is for everybody again. */
  unclaim(piece: PieceIndex): void {
    if (this.#claims.delete(piece)) this.makePickable(piece);
  }

  claimantOf(piece: PieceIndex): PeerKey | undefined {
    return this.#claims.get(piece);
  }

  /** To be called after anything that changes how many blocks of an open piece are unrequested. */
  updatePartial(open: OpenPiece): void {
    if (open.unrequested === 0) this.#partial.delete(open);
    else if (this.#open.has(open.piece)) this.#partial.add(open);
  }

  /** All blocks are here. */
  moveToStoring(open: OpenPiece): void {
    invariant(open.isWhole, 'only a whole piece can be stored', { piece: open.piece });
    this.#open.delete(open.piece);
    this.#partial.delete(open);
    this.#storing.set(open.piece, open);
  }

  /** The piece is verified and on disk. */
  finish(piece: PieceIndex): OpenPiece {
    const open = this.#storing.get(piece);
    invariant(open !== undefined, 'only a piece being stored can be finished', { piece });
    this.#storing.delete(piece);
    this.#budget.release(this.#geometry.pieceLength(piece), piece);
    this.#count(piece);
    return open;
  }

  /** Back to missing: it failed its hash, or its blocks were given up. */
  reopen(piece: PieceIndex): OpenPiece {
    const open = this.#storing.get(piece) ?? this.#open.get(piece);
    invariant(open !== undefined, 'only an open piece can be given up', { piece });
    this.#storing.delete(piece);
    this.#open.delete(piece);
    this.#partial.delete(open);
    this.#budget.release(this.#geometry.pieceLength(piece), piece);
    this.makePickable(piece);
    return open;
  }

  /** A missing piece is for the picker, where it is wanted and in reach. */
  makePickable(piece: PieceIndex): void {
    if (this.#isForPicker(piece)) this.picker.insert(piece);
  }

  /** A verified piece is not held any more: it is missing, and for `makePickable` to bring back. */
  forget(piece: PieceIndex): void {
    invariant(this.have.clear(piece), 'only a piece that is there can be forgotten', { piece });
    const length = this.#geometry.pieceLength(piece);
    this.#verifiedBytes -= length;
    if (!this.isWanted(piece)) return;
    this.#missing++;
    this.#missingBytes += this.#plan?.partialBytes.get(piece) ?? length;
  }

  /** Gives the memory budget back: the session ends here. */
  releaseAll(): void {
    for (const piece of [...this.#open.keys(), ...this.#storing.keys()])
      this.#budget.release(this.#geometry.pieceLength(piece), piece);
    this.#open.clear();
    this.#partial.clear();
    this.#storing.clear();
    this.#claims.clear();
  }

  #count(piece: PieceIndex): void {
    if (!this.have.set(piece)) return;
    const length = this.#geometry.pieceLength(piece);
    this.#verifiedBytes += length;
    if (!this.isWanted(piece)) return;
    this.#missing--;
    this.#missingBytes -= this.#plan?.partialBytes.get(piece) ?? length;
  }

  #isForPicker(piece: PieceIndex): boolean {
    return this.isWanted(piece) && this.#isInReach(piece);
  }
}
