// ^Z. Whoever draws puts the terminal back as it was before the process stops, and draws again when it goes on: the shell
// must not be left without a cursor. While nobody draws the system's own action is enough, and nothing is listened to.

import { CONFIG } from '../engine/config.js';

type SuspendSignal = 'SIGTSTP' | 'SIGCONT';

/** What is used of Node's process; tests give their own. */
export interface SuspendedProcess {
  readonly pid: number;
  on(signal: SuspendSignal, listener: () => void): unknown;
  removeListener(signal: SuspendSignal, listener: () => void): unknown;
  kill(pid: number, signal: 'SIGTSTP'): unknown;
}

export interface Suspendable {
  /** Synchronous: the process stops when it returns. */
  suspend(): void;
  resume(): void;
}

export class Suspension {
  readonly #process: SuspendedProcess;
  readonly #drawers = new Set<Suspendable>();
  readonly #hidden = new Set<Suspendable>();
  #isSuspended = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(process: SuspendedProcess) {
    this.#process = process;
  }

  /** Answers how to take it back. */
  add(drawer: Suspendable): () => void {
    if (this.#drawers.size === 0) {
      this.#process.on('SIGTSTP', this.#suspend);
      this.#process.on('SIGCONT', this.#resume);
    }
    this.#drawers.add(drawer);
    return () => {
      if (!this.#drawers.delete(drawer) || this.#drawers.size > 0) return;
      this.#end();
      this.#process.removeListener('SIGTSTP', this.#suspend);
      this.#process.removeListener('SIGCONT', this.#resume);
    };
  }

  /** Somebody else has the terminal for a while, until the answer is called. */
  hide(): () => void {
    const hidden = [...this.#drawers].filter((drawer) => !this.#hidden.has(drawer));
    for (const drawer of hidden) {
      this.#hidden.add(drawer);
      drawer.suspend();
    }
    return () => {
      for (const drawer of hidden) if (this.#hidden.delete(drawer) && this.#drawers.has(drawer)) drawer.resume();
    };
  }

  /** Somebody else has the terminal. */
  get isHidden(): boolean {
    return this.#hidden.size > 0;
  }

  readonly #suspend = (): void => {
    if (this.#isSuspended) return;
    this.#isSuspended = true;
    for (const drawer of this.#drawers) drawer.suspend();
    // Without a listener the signal has its own effect again.
    this.#process.removeListener('SIGTSTP', this.#suspend);
    this.#process.kill(this.#process.pid, 'SIGTSTP');
    // One that nobody could wake again is not stopped by the system: it goes on.
    this.#timer = setTimeout(this.#resume, CONFIG.cli.unstoppedMs);
  };

  readonly #resume = (): void => {
    if (!this.#isSuspended) return;
    this.#end();
    this.#process.on('SIGTSTP', this.#suspend);
    for (const drawer of this.#drawers) if (!this.#hidden.has(drawer)) drawer.resume();
  };

  #end(): void {
    this.#isSuspended = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
