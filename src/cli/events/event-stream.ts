// The events of a run, from `start` to `done`: one line of JSON each, or nothing where nobody asked. `done` is the last one, whatever the
// end: it is written when the process is about to exit, and nothing is after it.

import { CONFIG } from '../../engine/config.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { StopCause } from '../interruption.js';
import { EVENT_VERSION, type EventBody, eventRank } from './event.js';
import { openEventTarget } from './event-target.js';
import { EventWriter, writeTo } from './event-writer.js';
import { formatJson } from '../render/sanitise.js';

export interface EventStreamOptions {
  readonly version: string;
  /** The reader went away, or nothing can be written any more; once. */
  readonly onBroken: (error: NodeJS.ErrnoException) => void;
  /** Milliseconds since 1970; replaced in tests. */
  readonly now?: () => number;
}

export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #now: () => number;
  readonly #startedAt: number;
  #writer: EventWriter | null = null;
  #isOnStdout = false;
  #isBroken = false;
  #isEnded = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#startedAt = this.#now();
  }

  /** Somebody wants them. */
  get isOpen(): boolean {
    return this.#writer !== null;
  }

  /** Then nothing else may go there. */
  get isOnStdout(): boolean {
    return this.#isOnStdout;
  }

  /** Nobody reads them any more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Begins, with `start`; no effect where it has begun. Throws UsageError or CommandError. */
  open(target: string): void {
    if (this.#writer !== null) return;
    const { fd, isStdout } = openEventTarget(target);
    this.#isOnStdout = isStdout;
    this.begin(writeTo(fd));
  }

  /** The same with a writer of one's own, as in tests. */
  begin(write: (bytes: Uint8Array) => number): void {
    const { maxQueuedBytes, retryMs } = CONFIG.events;
    const onBroken = (error: NodeJS.ErrnoException): void => {
      this.#isBroken = true;
      this.#options.onBroken(error);
    };
    this.#writer = new EventWriter({ write, maxQueuedBytes, retryMs, onBroken });
    this.emit({ event: 'start', version: this.#options.version, pid: process.pid });
  }

  emit(body: EventBody): void {
    if (this.#writer === null || this.#isEnded) return;
    this.#tellDropped(this.#writer);
    this.#write(this.#writer, body);
  }

  /** `done`, and then no more. Resolves when all is out, as far as somebody reads. */
  async end(exit: number, cause: StopCause | null): Promise<void> {
    this.#emitDone(exit, cause);
    await this.#writer?.flush(CONFIG.events.flushMs);
  }

  /** The same for an end at once: synchronous, and it does not wait long. */
  endNow(exit: number, cause: StopCause | null): void {
    this.#emitDone(exit, cause);
    this.#writer?.flushNow(CONFIG.events.flushNowMs);
  }

  #emitDone(exit: number, cause: StopCause | null): void {
    const name = EXIT_CODES.find((entry) => entry.code === exit)?.name ?? 'bug';
    this.emit({ event: 'done', exit, name, cause, elapsedMs: Math.max(0, this.#now() - this.#startedAt) });
    this.#isEnded = true;
  }

  #tellDropped(writer: EventWriter): void {
    if (!writer.isIdle) return;
    const dropped = writer.takeDropped();
    if (dropped === 0) return;
    const message = `${dropped} events were left out, as the reader was slow`;
    this.#write(writer, { event: 'warning', code: 'events_dropped', message });
  }

  #write(writer: EventWriter, body: EventBody): void {
    writer.line(formatJson({ v: EVENT_VERSION, t: this.#now(), ...body }, 0), eventRank(body));
  }
}
