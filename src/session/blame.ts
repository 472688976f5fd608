// Who sent bad data. A piece that fails its hash and came from one peer convicts that peer. A shared one makes each source a
// suspect: the digests of its blocks are kept, the piece is fetched again from one peer alone, and when it verifies, every
// block whose digest differs names a liar. Suspects get nothing else to do until then, so that a liar spoils little.

import type { Address } from '../model/address.js';
import { equalBytes, type PeerKey, type PieceIndex } from '../model/ids.js';
import type { OpenPiece } from './open-piece.js';

interface SuspectBlock {
  readonly block: number;
  readonly peer: PeerKey;
  readonly digest: Uint8Array;
}

/** Connections remembered after their end, so that what they sent can still be laid at their address's door. */
const MAX_REMEMBERED = 2000;

export interface Origin {
  readonly address: Address;
  /** It came to us, and will come from another port the next time: only its host can be recognised. */
  readonly cameToUs: boolean;
}

export class Blame {
  readonly #origins = new Map<PeerKey, Origin>();
  readonly #failed = new Set<PieceIndex>();
  readonly #cases = new Map<PieceIndex, SuspectBlock[]>();
  readonly #suspicions = new Map<PeerKey, Set<PieceIndex>>();
  /** How often a failed piece was given to one peer alone. */
  readonly #attempts = new Map<PieceIndex, number>();
  /** Peers whose blocks have been in a verified piece: for them the probation is over. */
  readonly #proven = new Set<PeerKey>();

  remember(peer: PeerKey, origin: Origin): void {
    this.#origins.delete(peer);
    this.#origins.set(peer, origin);
    if (this.#origins.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#origins.keys()) {
      this.#origins.delete(oldest);
      return;
    }
  }

  /** Where a peer, connected or gone, was. */
  originOf(peer: PeerKey): Origin | undefined {
    return this.#origins.get(peer);
  }

  /** Whether the piece failed before and its liars are not known yet. */
  isOpenCase(piece: PieceIndex): boolean {
    return this.#cases.has(piece);
  }

  /** Whether the piece has ever failed its hash and is not verified yet. */
  hasFailed(piece: PieceIndex): boolean {
    return this.#failed.has(piece);
  }

  /** The pieces that failed their hash and are not verified yet. */
  failedPieces(): IterableIterator<PieceIndex> {
    return this.#failed.values();
  }

  /** A failed piece is given to one peer alone, once more. */
  countAttempt(piece: PieceIndex): void {
    this.#attempts.set(piece, this.attempts(piece) + 1);
  }

  attempts(piece: PieceIndex): number {
    return this.#attempts.get(piece) ?? 0;
  }

  isSuspect(peer: PeerKey): boolean {
    return this.#suspicions.has(peer);
  }

  isSuspectOf(peer: PeerKey, piece: PieceIndex): boolean {
    return this.#suspicions.get(peer)?.has(piece) === true;
  }

  /** The pieces that it is a suspect of. */
  suspicionsOf(peer: PeerKey): Iterable<PieceIndex> {
    return this.#suspicions.get(peer) ?? [];
  }

  isProven(peer: PeerKey): boolean {
    return this.#proven.has(peer);
  }

  /** The piece failed. Answers the convicted peer where it was the only source, else null: its sources are suspects now. */
  accuse(open: OpenPiece, digests: readonly Uint8Array[] | null): PeerKey | null {
    const sources = open.sources();
    this.#failed.add(open.piece);
    if (sources.size <= 1) {
      for (const peer of sources) return peer;
      return null;
    }
    const suspects = this.#cases.get(open.piece) ?? [];
    for (let block = 0; block < open.blockCount; block++) {
      const peer = open.source(block);
      const digest = digests?.[block];
      if (peer !== null && digest !== undefined) suspects.push({ block, peer, digest });
    }
    this.#cases.set(open.piece, suspects);
    for (const peer of sources) {
      const pieces = this.#suspicions.get(peer) ?? new Set();
      pieces.add(open.piece);
      this.#suspicions.set(peer, pieces);
    }
    return null;
  }

  /** The true digests of a piece that had failed: who sent other blocks than these. */
  convict(piece: PieceIndex, digests: readonly Uint8Array[]): Set<PeerKey> {
    const liars = new Set<PeerKey>();
    for (const suspect of this.#cases.get(piece) ?? []) {
      const truth = digests[suspect.block];
      if (truth !== undefined && !equalBytes(truth, suspect.digest)) liars.add(suspect.peer);
    }
    return liars;
  }

  /** The piece verified: its case is closed, its sources are proven, and whom it alone made a suspect is one no more. */
  acquit(open: OpenPiece): void {
    for (const peer of open.sources()) this.#proven.add(peer);
    this.#failed.delete(open.piece);
    this.#attempts.delete(open.piece);
    if (!this.#cases.delete(open.piece)) return;
    for (const [peer, pieces] of this.#suspicions) {
      if (pieces.delete(open.piece) && pieces.size === 0) this.#suspicions.delete(peer);
    }
  }

  /** The connection is gone; what it sent stays on file until the case closes. */
  forget(peer: PeerKey): void {
    this.#proven.delete(peer);
    this.#suspicions.delete(peer);
  }
}
