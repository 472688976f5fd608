// Lines to a descriptor, in order and without a stream: they are written when they happen, so that the last one gets out in the moment
// the process ends. A reader that is slow (EAGAIN) is waited for beside the run; what waits is bounded, and progress is what goes first.

import { writeSync } from 'node:fs';
import type { EventRank } from './event.js';

export interface EventWriterOptions {
  /** Answers how many bytes were taken; throws with the system's code. */
  readonly write: (bytes: Uint8Array) => number;
  /** Bytes that may wait. */
  readonly maxQueuedBytes: number;
  /** Between two tries. */
  readonly retryMs: number;
  /** Once: nothing more can be written. EPIPE where the reader is gone. */
  readonly onBroken: (error: NodeJS.ErrnoException) => void;
}

interface QueuedLine {
  readonly bytes: Uint8Array;
  readonly rank: EventRank;
}

const BUSY = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINTR']);
/** Between two tries at the very end, when nothing else runs. */
const PAUSE_MS = 5;

export function writeTo(fd: number): (bytes: Uint8Array) => number {
  return (bytes) => writeSync(fd, bytes);
}

export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #queue: QueuedLine[] = [];
  #queuedBytes = 0;
  /** Bytes of the first line that are written. */
  #written = 0;
  #dropped = 0;
  #isBroken = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  /** Everything is written, or nothing can be any more. */
  get isIdle(): boolean {
    return this.#isBroken || this.#queue.length === 0;
  }

  /** How many lines were lost since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** `text`: without a line feed. */
  line(text: string, rank: EventRank): void {
    if (this.#isBroken) return;
    const bytes = Buffer.from(`${text}\n`);
    if (!this.#makeRoom(bytes.length, rank)) {
      this.#dropped++;
      return;
    }
    this.#queue.push({ bytes, rank });
    this.#queuedBytes += bytes.length;
    if (this.#timer === null) this.#pump();
  }

  /** Blocks, for `limitMs` at most, until all is written: for an end at once. */
  flushNow(limitMs: number): void {
    this.#clearTimer();
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let waitedMs = 0; !this.#writeQueue() && waitedMs < limitMs; waitedMs += PAUSE_MS) Atomics.wait(pause, 0, 0, PAUSE_MS);
  }

  /** Resolves when all is written, or after `limitMs`. */
  async flush(limitMs: number): Promise<void> {
    const { retryMs } = this.#options;
    for (let waitedMs = 0; !this.isIdle && waitedMs < limitMs; waitedMs += retryMs) {
      await new Promise((resolve) => {
        setTimeout(resolve, retryMs);
      });
    }
  }

  #pump(): void {
    this.#clearTimer();
    if (this.#writeQueue()) return;
    this.#timer = setTimeout(() => this.#pump(), this.#options.retryMs);
    this.#timer.unref();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** False where some of it has to wait. */
  #writeQueue(): boolean {
    try {
      for (let first = this.#queue.at(0); first !== undefined; first = this.#queue.at(0)) {
        const { bytes } = first;
        while (this.#written < bytes.length) this.#written += this.#options.write(bytes.subarray(this.#written));
        this.#queue.shift();
        this.#queuedBytes -= bytes.length;
        this.#written = 0;
      }
      return true;
    } catch (error) {
      if (BUSY.has((error as NodeJS.ErrnoException).code ?? '')) return false;
      this.#isBroken = true;
      this.#queue.length = 0;
      this.#options.onBroken(error as NodeJS.ErrnoException);
      return true;
    }
  }

  /** False where nothing that waits is worth less than what comes. */
  #makeRoom(length: number, rank: EventRank): boolean {
    while (this.#queue.length > 0 && this.#queuedBytes + length > this.#options.maxQueuedBytes) {
      // The first one may be half written.
      const start = this.#written > 0 ? 1 : 0;
      let victim = this.#queue.findIndex((line, index) => index >= start && line.rank === 'progress');
      if (victim < 0 && rank === 'progress') return false;
      if (victim < 0) victim = this.#queue.findIndex((line, index) => index >= start && line.rank === 'event');
      if (victim < 0) return rank === 'end';
      this.#queuedBytes -= this.#queue[victim].bytes.length;
      this.#queue.splice(victim, 1);
      this.#dropped++;
    }
    return true;
  }
}
