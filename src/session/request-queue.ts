// What is asked of one peer and not yet answered, in the order it was asked, and how deep that may be. The depth starts
// small and doubles while the peer keeps it full, up to rate × 2 RTT (the link's own delay, twice because refills come at
// half depth) plus up to one second of the peer's rate. That second is capped at `cacheDepth` blocks: on a fast link more in
// flight brings no speed and costs the CPU its cache.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { SessionLimits } from './limits.js';

export interface OpenRequest {
  readonly piece: PieceIndex;
  readonly block: number;
  readonly sentAt: Millis;
  /** One that was asked later was answered since: the peer is not in the middle of this body. */
  readonly isSkipped: boolean;
}

type QueuedRequest = { -readonly [Key in keyof OpenRequest]: OpenRequest[Key] };

export class RequestQueue {
  readonly #limits: SessionLimits;
  #requests: QueuedRequest[] = [];
  #depth: number;
  #reqq: number;
  #share = Infinity;
  #rttMs = Infinity;
  #answeredSinceGrowth = 0;
  /** When the count above began. */
  #countingSince: Millis | null = null;
  #snubbed = false;
  /** Since it last answered. */
  #silentSpans = 0;
  /** When the peer last answered, or was first asked after having been idle. */
  #aliveAt: Millis = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
    this.#depth = limits.initialDepth;
    this.#reqq = limits.defaultReqq;
  }

  get length(): number {
    return this.#requests.length;
  }

  get depth(): number {
    return this.#snubbed ? 1 : Math.max(1, Math.min(this.#depth, this.#reqq, this.#share, this.#limits.maxDepth));
  }

  get isSnubbed(): boolean {
    return this.#snubbed;
  }

  /** How often `checkSnubbed` has found it silent since it last answered. */
  get silentSpans(): number {
    return this.#silentSpans;
  }

  /** What the peer said it queues (BEP 10 `reqq`); nonsense is ignored. */
  setReqq(reqq: number): void {
    if (Number.isSafeInteger(reqq) && reqq >= 1) this.#reqq = reqq;
  }

  /** Blocks of the memory budget that are this peer's part: many peers must not wait for what one of them hoards. */
  setShare(blocks: number): void {
    this.#share = Math.max(this.#limits.minShare, blocks);
  }

  /** How many more to ask now: none until half of the depth is free, so that requests leave in batches. */
  room(): number {
    const depth = this.depth;
    return this.#requests.length <= depth >> 1 ? depth - this.#requests.length : 0;
  }

  /** How many more it could be asked for, batches or not. */
  get freePlaces(): number {
    return Math.max(0, this.depth - this.#requests.length);
  }

  has(piece: PieceIndex, block: number): boolean {
    return this.#indexOf(piece, block) >= 0;
  }

  push(piece: PieceIndex, block: number, now: Millis): void {
    if (this.#requests.length === 0) {
      this.#aliveAt = now;
      this.#silentSpans = 0;
    }
    this.#countingSince ??= now;
    this.#requests.push({ piece, block, sentAt: now, isSkipped: false });
  }

  /** The request is over (cancelled, rejected, re-assigned); false where there was none. */
  remove(piece: PieceIndex, block: number): boolean {
    const index = this.#indexOf(piece, block);
    if (index < 0) return false;
    if (index === 0) this.#requests.shift();
    else this.#requests.splice(index, 1);
    return true;
  }

  /** A block came: false where it was not asked. `quickRate` in bytes per second, 0 when not yet known. */
  answer(piece: PieceIndex, block: number, now: Millis, quickRate: number): boolean {
    const index = this.#indexOf(piece, block);
    if (index < 0) return false;
    const request = this.#requests[index];
    if (index === 0) this.#requests.shift();
    else {
      this.#requests.splice(index, 1);
      for (let at = 0; at < index; at++) this.#requests[at].isSkipped = true;
    }
    this.#rttMs = Math.min(this.#rttMs, Math.max(0, now - request.sentAt));
    this.#snubbed = false;
    this.#silentSpans = 0;
    this.#aliveAt = now;
    this.#grow(quickRate, now);
    return true;
  }

  /** The request that has waited longest, if any: what comes from the peer now is most likely its answer. */
  get oldest(): OpenRequest | undefined {
    return this.#requests[0];
  }

  /** Empties the queue, but for the requests that `keeps` names, and says what was dropped. */
  clear(keeps: (piece: PieceIndex, block: number) => boolean): OpenRequest[] {
    const dropped: OpenRequest[] = [];
    const kept: QueuedRequest[] = [];
    for (const request of this.#requests) (keeps(request.piece, request.block) ? kept : dropped).push(request);
    this.#requests = kept;
    return dropped;
  }

  /** Marks a peer that has not answered for `snubMs`; true each time such a span has passed, so that it holds no block for ever. */
  checkSnubbed(now: Millis): boolean {
    return this.#snubAfter(this.#limits.snubMs, now);
  }

  /** The same, much sooner, for a peer whose block somebody else was asked for later and delivered before it. */
  checkOvertaken(now: Millis): boolean {
    return this.#snubAfter(this.#limits.reassignAgeMs, now);
  }

  *[Symbol.iterator](): Generator<OpenRequest> {
    yield* this.#requests;
  }

  #snubAfter(silenceMs: number, now: Millis): boolean {
    if (this.#requests.length === 0 || now < this.#aliveAt + silenceMs) return false;
    this.#snubbed = true;
    this.#silentSpans++;
    this.#aliveAt = now;
    this.#depth = this.#limits.initialDepth;
    return true;
  }

  #grow(quickRate: number, now: Millis): void {
    this.#answeredSinceGrowth++;
    if (this.#answeredSinceGrowth >= this.#depth) this.#setDepth(quickRate, now);
  }

  /**
   * The depth for what the peer has shown. A function of its own, as it is seldom needed: V8 compiles the way of each block early, with what it
   * has seen of it, and throws it away at the first branch it has not.
   */
  #setDepth(quickRate: number, now: Millis): void {
    const elapsedMs = now - (this.#countingSince ?? now);
    // What a peer sends in gusts, or in blocks shorter than most, is more requests than its bytes per second look like.
    const answeredPerMs = elapsedMs > 0 ? this.#answeredSinceGrowth / elapsedMs : 0;
    this.#answeredSinceGrowth = 0;
    this.#countingSince = now;
    const doubled = this.#depth * 2;
    if (quickRate === 0) {
      this.#depth = Math.min(doubled, this.#limits.cacheDepth);
      return;
    }
    const blocksPerMs = Math.max(quickRate / BLOCK_LENGTH / 1000, answeredPerMs);
    const horizon = Math.min(blocksPerMs * this.#limits.horizonMs, this.#limits.cacheDepth);
    const target = Math.ceil(2 * blocksPerMs * this.#rttMs + horizon);
    this.#depth = Math.max(2, Math.min(doubled, target, this.#limits.maxDepth));
  }

  #indexOf(piece: PieceIndex, block: number): number {
    const requests = this.#requests;
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i];
      if (request.block === block && request.piece === piece) return i;
    }
    return -1;
  }
}
