// A piece being fetched: for each block whether it is here, who was asked (two peers at most, the second only in the
// endgame or when the first is slow), when, and who delivered it. Blame needs the deliverers, cancel the askers.

import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';

const NOBODY = 0;

export class OpenPiece {
  readonly piece: PieceIndex;
  readonly blockCount: number;
  /** True after a shared failure: one peer alone fetches it, so that the next verdict is certain. */
  readonly isExclusive: boolean;
  readonly openedAt: Millis;
  /** How often a block of it was taken from a silent peer for a third one. */
  steals = 0;
  readonly #received: Uint8Array;
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  readonly #askedAt: Float64Array;
  readonly #source: Int32Array;
  #receivedCount = 0;
  #unrequested: number;
  #cursor = 0;

  constructor(piece: PieceIndex, blockCount: number, isExclusive: boolean, openedAt: Millis) {
    this.piece = piece;
    this.blockCount = blockCount;
    this.isExclusive = isExclusive;
    this.openedAt = openedAt;
    this.#received = new Uint8Array(blockCount);
    this.#first = new Int32Array(blockCount);
    this.#second = new Int32Array(blockCount);
    this.#askedAt = new Float64Array(blockCount);
    this.#source = new Int32Array(blockCount);
    this.#unrequested = blockCount;
  }

  get receivedCount(): number {
    return this.#receivedCount;
  }

  get isWhole(): boolean {
    return this.#receivedCount === this.blockCount;
  }

  /** Blocks neither here nor asked for. */
  get unrequested(): number {
    return this.#unrequested;
  }

  isReceived(block: number): boolean {
    return this.#received[block] !== 0;
  }

  askedAt(block: number): Millis {
    return this.#askedAt[block];
  }

  /** 0, 1 or 2. */
  copies(block: number): number {
    return (this.#first[block] === NOBODY ? 0 : 1) + (this.#second[block] === NOBODY ? 0 : 1);
  }

  isAskedOf(block: number, peer: PeerKey): boolean {
    return this.#first[block] === peer || this.#second[block] === peer;
  }

  /** Who was asked first of those who still are; null where nobody is. */
  firstAsker(block: number): PeerKey | null {
    const first = this.#first[block];
    return first === NOBODY ? null : (first as PeerKey);
  }

  /** The lowest block neither here nor asked for, or −1. */
  nextUnrequested(): number {
    if (this.#unrequested === 0) return -1;
    while (this.#received[this.#cursor] !== 0 || this.#first[this.#cursor] !== NOBODY) this.#cursor++;
    return this.#cursor;
  }

  ask(block: number, peer: PeerKey, now: Millis): void {
    if (this.#first[block] === NOBODY) {
      this.#first[block] = peer;
      this.#unrequested--;
    } else {
      this.#second[block] = peer;
    }
    this.#askedAt[block] = now;
  }

  /** The peer is not asked any more; true where the block is now neither here nor asked for. */
  unask(block: number, peer: PeerKey): boolean {
    if (this.#first[block] === peer) {
      this.#first[block] = this.#second[block]!;
      this.#second[block] = NOBODY;
    } else if (this.#second[block] === peer) {
      this.#second[block] = NOBODY;
    } else {
      return false;
    }
    if (this.#first[block] !== NOBODY || this.#received[block] !== 0) return false;
    this.#makeUnrequested(block);
    return true;
  }

  /** The block is here, from `peer`. Answers who else was asked, or null. */
  receive(block: number, peer: PeerKey): PeerKey | null {
    const other = this.#first[block] === peer ? this.#second[block] : this.#first[block];
    this.#setReceived(block, peer);
    return other === NOBODY ? null : (other as PeerKey);
  }

  /** Padding (BEP 47): nobody sent it and nobody is to blame. */
  receivePadding(block: number): void {
    this.#setReceived(block, NOBODY);
    this.#unrequested--;
  }

  /** Who delivered the block; null for padding and blocks that are not here. */
  source(block: number): PeerKey | null {
    const source = this.#source[block];
    return source === NOBODY ? null : (source as PeerKey);
  }

  /** Every peer that delivered a block of it. */
  sources(): Set<PeerKey> {
    const sources = new Set<PeerKey>();
    let last = NOBODY;
    for (const source of this.#source) {
      if (source === last || source === NOBODY) continue;
      sources.add(source as PeerKey);
      last = source;
    }
    return sources;
  }

  /** Whether the peer delivered, or is asked for, any block of it. */
  involves(peer: PeerKey): boolean {
    for (let block = 0; block < this.blockCount; block++) {
      if (this.#source[block] === peer || this.#first[block] === peer || this.#second[block] === peer) return true;
    }
    return false;
  }

  /** Whether anyone but `peer` delivered, or is asked for, any block of it. */
  involvesOthers(peer: PeerKey): boolean {
    for (const list of [this.#source, this.#first, this.#second]) {
      for (const key of list) if (key !== NOBODY && key !== peer) return true;
    }
    return false;
  }

  #setReceived(block: number, source: number): void {
    this.#received[block] = 1;
    this.#receivedCount++;
    this.#source[block] = source;
    this.#first[block] = NOBODY;
    this.#second[block] = NOBODY;
  }

  #makeUnrequested(block: number): void {
    this.#unrequested++;
    if (block < this.#cursor) this.#cursor = block;
  }
}
