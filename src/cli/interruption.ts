// ^C and its like. A command that has something to put in order registers a handler; the first signal calls it, the
// second ends the process at once. Where nothing is registered, the first one ends it. Exit codes: 128 + signal.

import { EXIT } from './exit-codes.js';

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const EXIT_BY_SIGNAL: Readonly<Record<StopSignal, number>> = {
  SIGINT: EXIT.interrupt,
  SIGTERM: EXIT.terminate,
  SIGHUP: EXIT.hangup,
};

export const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Why the run is to end: a signal, or nobody reads our results any more. */
export type StopCause = StopSignal | 'EPIPE';

export class Interruption {
  readonly #exitAtOnce: (code: number) => void;
  readonly #handlers = new Set<(cause: StopCause) => void>();
  readonly #cleanups = new Set<() => void>();
  #cause: StopCause | null = null;
  /** The same for people: the signal, or what was done in place of one, such as the key that was pressed. */
  #by: string | null = null;
  #isTold = false;

  /** `exitAtOnce` must end the process, without waiting for anything. */
  constructor(exitAtOnce: (code: number) => void) {
    this.#exitAtOnce = exitAtOnce;
  }

  /** The first cause, null while nobody wants an end. */
  get cause(): StopCause | null {
    return this.#cause;
  }

  /** What to tell people, once, when something has to be put in order first; null where it was told, or nobody wants an end. */
  takeNotice(): string | null {
    if (this.#isTold || this.#by === null) return null;
    this.#isTold = true;
    return `stopping (${this.#by}); once more to stop at once`;
  }

  /** What the run exits with when it ends because of `cause`; null: as if nothing had been. */
  get exitCode(): number | null {
    if (this.#cause === null) return null;
    return this.#cause === 'EPIPE' ? EXIT.ok : EXIT_BY_SIGNAL[this.#cause];
  }

  /** `handler` puts things in order; called at once where it is too late already. Answers how to take it back. */
  onStop(handler: (cause: StopCause) => void): () => void {
    this.#handlers.add(handler);
    if (this.#cause !== null) handler(this.#cause);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** `cleanup` runs just before an end at once: synchronous and short (the cursor, a lock file). */
  onExit(cleanup: () => void): () => void {
    this.#cleanups.add(cleanup);
    return () => {
      this.#cleanups.delete(cleanup);
    };
  }

  /** A signal came, or stdout broke. `by`: what people are told instead, where it was no signal that came. */
  request(cause: StopCause, by: string = cause): void {
    const isFirst = this.#cause === null;
    this.#cause ??= cause;
    this.#by ??= by;
    if (isFirst && this.#handlers.size > 0) {
      for (const handler of this.#handlers) handler(cause);
      return;
    }
    // A broken pipe is no impatience: it may come while the first signal is being dealt with.
    if (!isFirst && cause === 'EPIPE') return;
    this.cleanUp();
    this.#exitAtOnce(this.exitCode ?? EXIT.ok);
  }

  /** Runs what `onExit` gathered, each once; never throws. */
  cleanUp(): void {
    for (const cleanup of this.#cleanups) {
      try {
        cleanup();
      } catch {
        // The process is about to end; there is nothing left that could use the error.
      }
    }
    this.#cleanups.clear();
  }
}
