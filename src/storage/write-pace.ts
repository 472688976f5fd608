// Whether the disk takes bytes at the speed of memory, as the page cache of a healthy machine does. Then large slices are written
// at once, in steps: measured, that is the cheapest way. Steps that take long (a full cache, a slow or remote disk) send what follows to
// the thread pool for a while, so that the loop is not held up. But one step alone proves little: on a machine with more to do than
// cores every program is interrupted for some milliseconds now and then, and in the pool a GiB costs a third more CPU.

import type { Millis } from '../model/time.js';

export interface WritePaceLimits {
  /**
   * Bytes of one write at most: single writes of 1 MiB, and some of 256 KiB, were seen to cost five times the CPU of 64 KiB ones, where the kernel
   * has to find large runs of memory for them.
   */
  readonly stepBytes: number;
  /** A step that takes longer than this is slow. */
  readonly slowStepMs: number;
  /** What slow steps may take of the loop at once, milliseconds; more, and the disk is slow. */
  readonly slowBudgetMs: number;
  /** The part of the time that they may take in the long run. */
  readonly slowShare: number;
  /** Then nothing large is written at once for so long. */
  readonly slowPauseMs: number;
}

export class WritePace {
  readonly stepBytes: number;
  readonly #limits: WritePaceLimits;
  readonly #now: () => Millis;
  #slowUntil: Millis = -Infinity;
  /** Taken by slow steps, less what they may take; as of `#lostAt`. */
  #lostMs: Millis = 0;
  #lostAt: Millis = 0;

  /** `now` is monotonic. */
  constructor(limits: WritePaceLimits, now: () => Millis = () => performance.now()) {
    this.stepBytes = limits.stepBytes;
    this.#limits = limits;
    this.#now = now;
  }

  get isQuick(): boolean {
    return this.#now() >= this.#slowUntil;
  }

  /** Runs one step and sees how long it takes. */
  time<T>(step: () => T): T {
    const before = this.#now();
    const result = step();
    const after = this.#now();
    if (after - before > this.#limits.slowStepMs) this.#lose(before, after);
    return result;
  }

  #lose(before: Millis, after: Millis): void {
    const { slowBudgetMs, slowShare, slowPauseMs } = this.#limits;
    const left = Math.max(0, this.#lostMs - (before - this.#lostAt) * slowShare);
    this.#lostMs = left + after - before;
    this.#lostAt = after;
    if (this.#lostMs <= slowBudgetMs) return;
    this.#slowUntil = after + slowPauseMs;
    // What the pause forgives, and the budget: right after it one slow step shows that the disk is still slow, and a little later it takes several.
    this.#lostMs = slowBudgetMs + slowPauseMs * slowShare;
  }
}
