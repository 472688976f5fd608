// Whether the disk takes bytes at the speed of memory, as the page cache of a healthy machine does. Then large slices are written
// at once, in steps: measured, that is the cheapest way. A step that takes long (a full cache, a slow or remote disk) sends
// what follows to the thread pool for a while, so that the loop is never held up by more than one of them.

import type { Millis } from '../model/time.js';

export interface WritePaceLimits {
  /**
   * Bytes of one write at most: single writes of 1 MiB, and some of 256 KiB, were seen to cost five times the CPU of 64 KiB ones, where the kernel
   * has to find large runs of memory for them.
   */
  readonly stepBytes: number;
  /** A step that takes longer than this is slow. */
  readonly slowStepMs: number;
  /** For so long after a slow step nothing large is written at once. */
  readonly slowPauseMs: number;
}

export class WritePace {
  readonly stepBytes: number;
  readonly #limits: WritePaceLimits;
  readonly #now: () => Millis;
  #slowUntil: Millis = -Infinity;

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
    if (after - before > this.#limits.slowStepMs) this.#slowUntil = after + this.#limits.slowPauseMs;
    return result;
  }
}
