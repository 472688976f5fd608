// What ends all torrents of a run at once: a signal, stdout that nobody reads, the time of --timeout. One for the run, so that several
// torrents stop together and it is said once. Who depends on what is ended (a player on its server) is let go first.

import { setMaxListeners } from 'node:events';
import { waitFor } from '../engine/deferred.js';
import type { Interruption, StopCause } from './interruption.js';

/** The run is to end; not a failure of what was under way. */
export class RunEndedError extends Error {}

export class RunEnd {
  readonly #stop = new AbortController();
  readonly #interruption: Interruption;
  readonly #timer: NodeJS.Timeout | null;
  readonly #forgetStop: () => void;
  readonly #preparations = new Set<() => Promise<void>>();
  #cause: StopCause | 'timeout' | null = null;

  /** `timeoutMs`: from now on; 0 is off. */
  constructor(interruption: Interruption, timeoutMs = 0) {
    // Each torrent under way listens, and Node takes more than ten for a leak.
    setMaxListeners(0, this.#stop.signal);
    this.#interruption = interruption;
    this.#timer = timeoutMs > 0 ? setTimeout(() => this.#end('timeout'), timeoutMs) : null;
    this.#forgetStop = interruption.onStop((cause) => this.#end(cause));
  }

  /** The first cause, null while the run goes on. It is known before the signal, where something is to be over first. */
  get cause(): StopCause | 'timeout' | null {
    return this.#cause;
  }

  get isTimedOut(): boolean {
    return this.#cause === 'timeout';
  }

  /** Somebody wanted the end, which is no failure. */
  get isSignalled(): boolean {
    return this.#cause !== null && this.#cause !== 'timeout' && this.#cause !== 'EPIPE';
  }

  /** Its reason is a RunEndedError. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What to say once when there is something to put in order; null where it was said, or needs no word. */
  takeNotice(): string | null {
    return this.#cause === null || this.isTimedOut ? null : this.#interruption.takeNotice();
  }

  /**
   * With the first cause `prepare` is called, and the signal comes when what it answers has settled: it has to be bounded in time. Answers how
   * to take it back.
   */
  before(prepare: () => Promise<void>): () => void {
    this.#preparations.add(prepare);
    return () => {
      this.#preparations.delete(prepare);
    };
  }

  /** Settles as `promise` does, or rejects with RunEndedError. */
  async waitFor<T>(promise: Promise<T>): Promise<T> {
    return waitFor(promise, this.signal);
  }

  /** From now on a signal ends the process at once, unless somebody else listens. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#forgetStop();
  }

  #end(cause: StopCause | 'timeout'): void {
    if (this.#cause !== null) return;
    this.#cause = cause;
    const abort = (): void => this.#stop.abort(new RunEndedError(cause));
    if (this.#preparations.size === 0) abort();
    else void Promise.allSettled(Array.from(this.#preparations, (prepare) => prepare())).then(abort);
  }
}
