// Whether the disk opens files at once, as a healthy local one does: then opening on the loop costs half of what the thread pool
// takes. Where it does not (a remote disk, or a directory whose free entries are hard to find), files are opened by
// the pool for a while, several beside each other, and the loop goes on meanwhile.

import type { Millis } from '../model/time.js';

export interface OpenPaceLimits {
  /** An opening that takes longer than this is slow. */
  readonly slowOpenMs: number;
  /** So many slow ones more than quick ones, and it is not chance: a busy machine interrupts one now and then. */
  readonly slowOpens: number;
  /** For so long nothing is opened on the loop; then one opening shows whether that was all. */
  readonly slowPauseMs: number;
}

export class OpenPace {
  readonly #limits: OpenPaceLimits;
  readonly #now: () => Millis;
  /** Slow openings less quick ones, from 0 to `slowOpens`. */
  #slow = 0;
  #slowUntil: Millis = -Infinity;

  /** `now` is monotonic. */
  constructor(limits: OpenPaceLimits, now: () => Millis = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get isQuick(): boolean {
    return this.#now() >= this.#slowUntil;
  }

  /** Opens and sees how long it takes. */
  time<T>(open: () => T): T {
    const { slowOpenMs, slowOpens, slowPauseMs } = this.#limits;
    const before = this.#now();
    const opened = open();
    const after = this.#now();
    this.#slow = after - before > slowOpenMs ? Math.min(slowOpens, this.#slow + 1) : Math.max(0, this.#slow - 1);
    if (this.#slow === slowOpens) this.#slowUntil = after + slowPauseMs;
    return opened;
  }
}
