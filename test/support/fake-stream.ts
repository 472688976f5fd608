// A stream for Output: keeps what was written, has the size that the test gives it, and can feed a terminal emulator.

import { EventEmitter } from 'node:events';
import type { OutputStream } from '../../src/cli/output.js';

export class FakeStream extends EventEmitter implements OutputStream {
  readonly isTTY: boolean;
  columns: number;
  rows: number;
  readonly writes: string[] = [];
  /** Fails the next write with this. */
  failure: NodeJS.ErrnoException | null = null;

  constructor(options: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
    super();
    this.isTTY = options.isTTY ?? false;
    this.columns = options.columns ?? 0;
    this.rows = options.rows ?? 24;
  }

  get text(): string {
    return this.writes.join('');
  }

  write(text: string, done?: (error?: Error | null) => void): boolean {
    if (this.failure !== null) {
      this.emit('error', this.failure);
      done?.(this.failure);
      return false;
    }
    if (text !== '') this.writes.push(text);
    done?.();
    return true;
  }

  resize(columns: number, rows = this.rows): void {
    this.columns = columns;
    this.rows = rows;
    this.emit('resize');
  }

  // What the spinner's library calls on a terminal of Node.

  cursorTo(x: number): boolean {
    return this.write(`\u001B[${x + 1}G`);
  }

  moveCursor(dx: number, dy: number): boolean {
    if (dy < 0) this.write(`\u001B[${-dy}A`);
    if (dy > 0) this.write(`\u001B[${dy}B`);
    return dx === 0 || this.write(`\u001B[${Math.abs(dx)}${dx < 0 ? 'D' : 'C'}`);
  }

  clearLine(direction: number): boolean {
    return this.write(direction === 1 ? '\u001B[0K' : '\u001B[2K');
  }
}
