// Keys pressed while a command runs, on a terminal that is ours. They come one by one, unechoed, which also takes from the terminal what it
// makes of ^C, ^Z and ^\\: those are given back as the signals they were. Whoever stops the process gets the terminal as it was.

import type { Suspendable } from './suspension.js';

/** What is used of Node's stdin; tests give their own. */
export interface KeyInput {
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  setRawMode(isRaw: boolean): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end' | 'close' | 'error', listener: () => void): unknown;
  removeListener(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  removeListener(event: 'end' | 'close' | 'error', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export type KeySignal = 'SIGINT' | 'SIGTSTP' | 'SIGQUIT';

export interface KeysOptions {
  readonly input: KeyInput;
  readonly isInForeground: () => boolean;
  /** One printable character. */
  readonly onKey: (key: string) => void;
  readonly onSignal: (signal: KeySignal) => void;
}

const SIGNALS: ReadonlyMap<number, KeySignal> = new Map([
  [0x03, 'SIGINT'],
  [0x1a, 'SIGTSTP'],
  [0x1c, 'SIGQUIT'],
]);
/** Longer than anybody types between two looks: pasted by mistake, and no command. */
const MAX_TYPED = 4;
const [FIRST_PRINTABLE, LAST_PRINTABLE] = [0x20, 0x7e];

export class Keys implements Suspendable {
  readonly #options: KeysOptions;
  #isListening = false;
  #isClosed = false;

  constructor(options: KeysOptions) {
    this.#options = options;
    // A terminal that goes away, or that the system keeps from us, ends in EIO: then there are no keys, and no more than that.
    options.input.on('error', () => this.close());
    this.resume();
  }

  suspend(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    const { input } = this.#options;
    input.removeListener('data', this.#read);
    input.pause();
    this.#setRaw(false);
  }

  /** In the background nothing is listened to. */
  resume(): void {
    const { input, isInForeground } = this.#options;
    if (this.#isClosed || this.#isListening || input.readableEnded || input.destroyed || !isInForeground()) return;
    if (!this.#setRaw(true)) return;
    this.#isListening = true;
    input.on('data', this.#read);
    input.resume();
  }

  close(): void {
    this.suspend();
    this.#isClosed = true;
  }

  /** False where the terminal is gone. */
  #setRaw(isRaw: boolean): boolean {
    try {
      this.#options.input.setRawMode(isRaw);
      return true;
    } catch {
      return false;
    }
  }

  readonly #read = (chunk: Uint8Array): void => {
    const { onKey, onSignal } = this.#options;
    for (const byte of chunk) {
      const signal = SIGNALS.get(byte);
      if (signal !== undefined) onSignal(signal);
    }
    // Arrows and their like begin with an escape.
    if (chunk.length > MAX_TYPED || chunk.includes(0x1b)) return;
    for (const byte of chunk) if (byte >= FIRST_PRINTABLE && byte <= LAST_PRINTABLE) onKey(String.fromCharCode(byte));
  };
}
