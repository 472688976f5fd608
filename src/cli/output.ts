// One of the two streams to the outside: stdout carries results, stderr everything else. Knows whether it is a terminal
// that can be drawn on, and what a reader that went away means: on stdout the run ends in order, on stderr nothing.

import { fstatSync } from 'node:fs';

/** What is used of a stream of Node; tests give their own. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  readonly fd?: number | undefined;
  write(data: string | Uint8Array, done?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  on(event: 'resize', listener: () => void): unknown;
  removeListener(event: 'resize', listener: () => void): unknown;
}

export type DrawingChoice = 'auto' | 'always' | 'never';

export class Output {
  readonly stream: OutputStream;
  readonly #terminalName: string | undefined;
  #isBroken = false;
  #drawing: DrawingChoice = 'auto';

  /** `onBroken` is called once, when a write failed: EPIPE where the reader is gone. */
  constructor(stream: OutputStream, terminalName: string | undefined, onBroken: (error: NodeJS.ErrnoException) => void) {
    this.stream = stream;
    this.#terminalName = terminalName;
    stream.on('error', (error) => {
      if (this.#isBroken) return;
      this.#isBroken = true;
      onBroken(error);
    });
  }

  /** Somebody may be sitting in front of it. */
  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  /** A terminal where lines can be drawn over: with columns, and not a dumb one; or what was chosen. */
  get canDraw(): boolean {
    if (!this.isTerminal || (this.stream.columns ?? 0) <= 0 || this.#drawing === 'never') return false;
    return this.#drawing === 'always' || this.#terminalName !== 'dumb';
  }

  /** `always` trusts a terminal that calls itself dumb; nothing is drawn on what is none. */
  chooseDrawing(choice: DrawingChoice): void {
    this.#drawing = choice;
  }

  /** Another program reads it, and may have the terminal meanwhile (a pager, a player). */
  get isPipe(): boolean {
    const { fd } = this.stream;
    if (fd === undefined || this.isTerminal) return false;
    try {
      const facts = fstatSync(fd);
      return facts.isFIFO() || facts.isSocket();
    } catch {
      return false;
    }
  }

  /** Width of the terminal; 80 where none is known. */
  get columns(): number {
    const columns = this.stream.columns ?? 0;
    return columns > 0 ? columns : 80;
  }

  /** Height of the terminal; 24 where none is known. */
  get rows(): number {
    const rows = this.stream.rows ?? 0;
    return rows > 0 ? rows : 24;
  }

  /** After a failed write: nothing, silently. */
  write(text: string): void {
    if (!this.#isBroken) this.stream.write(text);
  }

  line(text: string): void {
    this.write(`${text}\n`);
  }

  /**
   * For bytes that may be more than the reader takes at once. To a pipe Node writes in one go and lets the whole process wait for a slow
   * reader, peers and ^C included; this lets the write wait alone. Node itself puts the pipe back as it was when the process ends.
   */
  waitForReader(): void {
    const { _handle: handle } = this.stream as { readonly _handle?: { setBlocking?: (isBlocking: boolean) => unknown } | null };
    handle?.setBlocking?.(false);
  }

  /** Resolves when the bytes have left the process; rejects with what the stream failed with, EPIPE where it had failed before. */
  writeBytes(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isBroken) {
        reject(Object.assign(new Error('the stream is closed'), { code: 'EPIPE', syscall: 'write' }));
        return;
      }
      this.stream.write(bytes, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  }

  /** Nothing more is written, and nobody waits for what was: its reader may never read it. */
  abandon(): void {
    this.#isBroken = true;
  }

  /** Resolves when everything written so far has left the process, or can't any more. */
  flush(): Promise<void> {
    if (this.#isBroken) return Promise.resolve();
    return new Promise((resolve) => {
      this.stream.write('', () => resolve());
    });
  }

  /** Calls back at every change of size; answers how to stop that. */
  onResize(listener: () => void): () => void {
    this.stream.on('resize', listener);
    return () => {
      this.stream.removeListener('resize', listener);
    };
  }
}
