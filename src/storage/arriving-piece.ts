// A piece on its way to the disk: which blocks are there and who writes which. It is active (blocks come), then storing
// (nobody writes any more), then gone; it leaves `active` only with no writer and no copy under way.

import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { BlockPlace, PieceSlots } from './piece-slots.js';

/**
 * idle: no body is coming. slot: the only writer of the block's place. scratch: a second copy, collected in the source's own
 * buffer. skip: the right was revoked, the rest of the body is thrown away.
 */
type LeaseMode = 'idle' | 'slot' | 'scratch' | 'skip';

/** The right of one source to fill one block. One object for each source, used again for every block. */
export interface BlockLease extends BlockPlace {
  readonly source: PeerKey;
  mode: LeaseMode;
  piece: ArrivingPiece | null;
  block: number;
  /** Bytes of the block, and how many of them have come. */
  length: number;
  received: number;
  /** Kept for the next second copy. */
  scratch: Buffer | null;
}

export class ArrivingPiece {
  readonly piece: PieceIndex;
  /** Bytes. */
  readonly length: number;
  readonly blockCount: number;
  readonly slots: PieceSlots;
  /** Of the budget. */
  readonly reservedBytes: number;
  state: 'active' | 'storing' = 'active';
  /** 1 for each block that is there; shared with the slots, which read it. */
  readonly received: Uint8Array;
  receivedCount = 0;
  /** What went wrong with a write, for a piece that is written as it comes. */
  failure: unknown = null;
  /** Leases of mode slot or scratch. */
  leases = 0;
  readonly #writers: (BlockLease | null)[];

  constructor(piece: PieceIndex, length: number, received: Uint8Array, slots: PieceSlots, reservedBytes: number) {
    this.piece = piece;
    this.length = length;
    this.blockCount = received.length;
    this.slots = slots;
    this.reservedBytes = reservedBytes;
    this.received = received;
    this.#writers = Array<BlockLease | null>(received.length).fill(null);
  }

  get isWhole(): boolean {
    return this.receivedCount === this.blockCount;
  }

  writerOf(block: number): BlockLease | null {
    return this.#writers[block];
  }

  setWriter(block: number, lease: BlockLease | null): void {
    this.#writers[block] = lease;
  }

  markReceived(block: number): void {
    this.received[block] = 1;
    this.receivedCount++;
  }
}
