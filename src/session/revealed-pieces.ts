// What a super-seed (BEP 16) has let each peer know of its pieces, and what of that has not gone round yet. Data and plain questions: what
// is revealed when, and to whom, is decided in super-seeding.ts.

import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';

/** What one peer knows. */
export interface Revealed {
  readonly pieces: Set<PieceIndex>;
  /** Of these, those it has not got yet (null), or that nobody else has (since when it has them). */
  readonly pending: Map<PieceIndex, Millis | null>;
  /** When it was last told of one. */
  toldAt: Millis;
  /** How often it did not want what it was told of. */
  declined: number;
  /** There is no other piece to reveal to it: each search goes over all of them. */
  isExhausted: boolean;
  /** When it is over: pieces below this one have been told. */
  cursor: number;
}

export class RevealedPieces {
  readonly #revealed = new Map<PeerKey, Revealed>();
  /** Pieces are held back: false once super-seeding is over. */
  isHiding = true;
  /** Since when peers get pieces without passing any on; null where the last one was passed on. */
  doubtsSince: Millis | null = null;

  /** Made where there is none yet. */
  to(peer: PeerKey): Revealed {
    let revealed = this.#revealed.get(peer);
    if (revealed === undefined) {
      revealed = { pieces: new Set(), pending: new Map(), toldAt: 0, declined: 0, isExhausted: false, cursor: 0 };
      this.#revealed.set(peer, revealed);
    }
    return revealed;
  }

  has(peer: PeerKey): boolean {
    return this.#revealed.has(peer);
  }

  /** The peer is gone, or knows everything. */
  forget(peer: PeerKey): void {
    this.#revealed.delete(peer);
  }

  isPending(peer: PeerKey, piece: PieceIndex): boolean {
    return this.#revealed.get(peer)?.pending.has(piece) === true;
  }

  /** Pieces that the peer was told of and has not got. */
  *onTheWayTo(peer: PeerKey): Generator<PieceIndex> {
    for (const [piece, since] of this.#revealed.get(peer)?.pending ?? []) if (since === null) yield piece;
  }

  /** Whether the peer may ask for the piece: it was told of it, or of all. */
  mayServe(peer: PeerKey, piece: PieceIndex): boolean {
    return !this.isHiding || this.#revealed.get(peer)?.pieces.has(piece) === true;
  }

  /**
   * The peer has been told of pieces that it lacks. Should it say that it wants nothing, the two have crossed: a choke now would have it
   * ask for everything twice.
   */
  isAwaiting(peer: PeerKey): boolean {
    return this.isHiding && this.onTheWayTo(peer).next().done === false;
  }
}
