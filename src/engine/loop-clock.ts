// A session's time: monotonic, and blind to the time in which the process did not run (suspend, SIGSTOP). A timer that comes
// more than a second late was not late but asleep; that excess is taken out, or every peer would be timed out at once.

import type { Millis } from '../model/time.js';

export class LoopClock {
  readonly #source: () => Millis;
  readonly #maxStepMs: number;
  #swallowedMs = 0;

  /** `source` is monotonic; `maxStepMs` is how late a due timer may honestly be. */
  constructor(source: () => Millis, maxStepMs: number) {
    this.#source = source;
    this.#maxStepMs = maxStepMs;
  }

  /** `dueAt`: when the earliest timer of this loop should have fired; null where none is set. */
  now(dueAt: Millis | null): Millis {
    const now = this.#source() - this.#swallowedMs;
    if (dueAt === null || now <= dueAt + this.#maxStepMs) return now;
    this.#swallowedMs += now - dueAt - this.#maxStepMs;
    return dueAt + this.#maxStepMs;
  }
}
