// An info dictionary on its way here in pieces of 16 KiB (BEP 9): what came, of whom, and who is asked for the rest. Memory is taken as
// pieces come, never for a size that somebody only claims.

import type { PeerKey } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import { METADATA_PIECE_BYTES } from '../wire/ut-metadata.js';

const NOBODY = 0;

export class MetadataAssembly {
  /** Bytes of the whole, as its peers claim. */
  readonly size: number;
  /** One peer alone fetches it, so that a wrong hash has one author; null: everybody who claims this size takes part. */
  readonly soloist: PeerKey | null;
  readonly sources = new Set<PeerKey>();
  readonly startedAt: Millis;
  readonly #pieces: (Uint8Array | null)[];
  readonly #askedOf: Int32Array;
  readonly #askedAt: Float64Array;
  #missing: number;
  #receivedBytes = 0;

  constructor(size: number, soloist: PeerKey | null, startedAt: Millis) {
    const count = Math.ceil(size / METADATA_PIECE_BYTES);
    this.size = size;
    this.soloist = soloist;
    this.startedAt = startedAt;
    this.#pieces = Array.from({ length: count }, () => null);
    this.#askedOf = new Int32Array(count);
    this.#askedAt = new Float64Array(count);
    this.#missing = count;
  }

  get pieceCount(): number {
    return this.#pieces.length;
  }

  get isWhole(): boolean {
    return this.#missing === 0;
  }

  /** How long the rest will take as things go; Infinity where nothing came yet. */
  remainingMs(now: Millis): Millis {
    if (this.#receivedBytes === 0) return Infinity;
    return ((this.size - this.#receivedBytes) * (now - this.startedAt)) / this.#receivedBytes;
  }

  pieceLength(piece: number): number {
    return Math.min(METADATA_PIECE_BYTES, this.size - piece * METADATA_PIECE_BYTES);
  }

  /**
   * A piece to ask a peer for that already owes those in `owed`: one nobody is asked for, else one that another peer has been asked for
   * since before `staleBefore`; −1: none.
   */
  next(owed: ReadonlySet<number>, staleBefore: Millis): number {
    let stale = -1;
    for (let piece = 0; piece < this.#pieces.length; piece++) {
      if (this.#pieces[piece] !== null || owed.has(piece)) continue;
      if (this.#askedOf[piece] === NOBODY) return piece;
      if (stale < 0 && this.#askedAt[piece] <= staleBefore) stale = piece;
    }
    return stale;
  }

  ask(piece: number, peer: PeerKey, now: Millis): void {
    this.#askedOf[piece] = peer;
    this.#askedAt[piece] = now;
  }

  /** What was asked of the peer and has not come is free for others. */
  release(peer: PeerKey): void {
    for (let piece = 0; piece < this.#askedOf.length; piece++) if (this.#askedOf[piece] === peer) this.#askedOf[piece] = NOBODY;
  }

  /** `bytes` are kept. False where they are not the piece's length, or it is here already. */
  receive(piece: number, bytes: Uint8Array, peer: PeerKey): boolean {
    if (this.#pieces[piece] !== null || bytes.length !== this.pieceLength(piece)) return false;
    this.#pieces[piece] = bytes;
    this.#missing--;
    this.#receivedBytes += bytes.length;
    this.sources.add(peer);
    return true;
  }

  /** To be called when it is whole. */
  join(): Uint8Array {
    const whole = new Uint8Array(this.size);
    for (let piece = 0; piece < this.#pieces.length; piece++) {
      const bytes = this.#pieces[piece];
      if (bytes !== null) whole.set(bytes, piece * METADATA_PIECE_BYTES);
    }
    return whole;
  }
}
