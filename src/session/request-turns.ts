// Whose turn it is to be asked while the download is limited. A peer is asked for one block at a time, everybody in turn, and only when the
// limit has room for it: so nobody is asked for what it may not bring yet, and nobody looks slow because of us.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { Millis } from '../model/time.js';
import type { RequestPace } from './limits.js';

/** Between two looks: a fast limit asks for several blocks at once instead of waking for each. */
const TICK: Millis = 10;
/** Between two looks while paused. */
const PAUSED_TICK: Millis = 200;

export class RequestTurns {
  readonly #pace: RequestPace | null;
  /** When the next block may be asked for; null: no place is reserved. */
  #slotAt: Millis | null = null;
  #usedAt: Millis = -Infinity;
  #serial = 0;

  /** `pace` null: no limit, and nothing here counts. */
  constructor(pace: RequestPace | null) {
    this.#pace = pace;
  }

  get isLimited(): boolean {
    return this.#pace?.isLimited === true;
  }

  get isPaused(): boolean {
    return this.#pace?.isPaused === true;
  }

  /** A place is reserved, and its time has not come; or all is paused. */
  isWaiting(now: Millis): boolean {
    if (!this.isLimited) return false;
    return this.isPaused || (this.#slotAt !== null && now < this.#slotAt);
  }

  /** Whether one more block may be asked for now. Reserves a place on the first question. */
  isRipe(now: Millis): boolean {
    if (this.#pace === null || !this.#pace.isLimited) return true;
    if (this.#pace.isPaused) return false;
    this.#slotAt ??= this.#pace.reserve(BLOCK_LENGTH, now);
    return this.#slotAt <= now;
  }

  /** A block is asked for. Returns the number of this turn: whoever has the lowest has waited longest. */
  use(length: number, now: Millis): number {
    if (this.#pace !== null) {
      if (this.#slotAt === null) this.#pace.charge(length, now);
      else this.#pace.giveBack(BLOCK_LENGTH - length);
    }
    this.#slotAt = null;
    this.#usedAt = now;
    return ++this.#serial;
  }

  /** When to look again; null where nothing waits for the clock. */
  nextAt(now: Millis): Millis | null {
    if (this.isPaused) return now + PAUSED_TICK;
    return this.#slotAt === null || this.#slotAt <= now ? null : Math.max(this.#slotAt, this.#usedAt + TICK);
  }

  /** What was asked for is wanted no more. */
  giveBack(length: number): void {
    this.#pace?.giveBack(length);
  }

  /** What was not asked for, or not any more, came all the same. */
  charge(length: number, now: Millis): void {
    this.#pace?.charge(length, now);
  }

  /** Nobody is to be asked for anything any more. */
  end(): void {
    if (this.#slotAt !== null) this.#pace?.giveBack(BLOCK_LENGTH);
    this.#slotAt = null;
  }
}
