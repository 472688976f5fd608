// One hashing thread as the pool sees it: takes ranges, gives batches, and says which ranges it left behind if it ends by itself.
// A thread that dies costs its ranges a second turn, never the whole check.

import type { Worker } from 'node:worker_threads';
import type { HashAnswer, HashRequest, PieceRange } from './hash-messages.js';
import type { DigestBatch, HashSource } from './range-hasher.js';
import { startWorker } from './start-worker.js';

export interface HashThreadHandlers {
  onBatch(range: PieceRange, batch: DigestBatch): void;
  /** The thread is gone without `stop`; `unfinished` will never be answered. Comes once, asynchronously. */
  onEnd(unfinished: readonly PieceRange[]): void;
}

export class HashThread {
  readonly #handlers: HashThreadHandlers;
  readonly #known = new Set<number>();
  #pending: PieceRange[] = [];
  #worker: Worker | null = null;
  #stopped = false;

  constructor(handlers: HashThreadHandlers) {
    this.#handlers = handlers;
    try {
      const worker = startWorker('hash-worker');
      worker.on('message', (answer: HashAnswer) => this.#receive(answer));
      // An error is followed by `exit`, which is where the loss is told.
      worker.on('error', () => {});
      worker.on('exit', () => this.#end());
      this.#worker = worker;
    } catch {
      // No descriptor or no thread left: the same to the pool as a thread that died at once.
      setImmediate(() => this.#end());
    }
  }

  /** Ranges assigned and not answered. */
  get pending(): number {
    return this.#pending.length;
  }

  assign(range: PieceRange, source: HashSource): void {
    this.#pending.push(range);
    if (!this.#known.has(range.job)) {
      this.#known.add(range.job);
      const { files, totalLength, pieceLength } = source;
      const plain = files.map(({ path, length, isPadding }) => ({ path, length, isPadding }));
      this.#post({ type: 'source', job: range.job, source: { files: plain, totalLength, pieceLength } });
    }
    this.#post({ type: 'range', range });
  }

  forget(job: number): void {
    if (this.#known.delete(job)) this.#post({ type: 'forget', job });
  }

  /** Ends the thread, whatever it is doing. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker?.terminate();
  }

  #post(request: HashRequest): void {
    this.#worker?.postMessage(request);
  }

  #receive(answer: HashAnswer): void {
    const at = this.#pending.findIndex(
      ({ job, firstPiece }) => job === answer.range.job && firstPiece === answer.range.firstPiece,
    );
    if (at < 0 || this.#stopped) return;
    this.#pending.splice(at, 1);
    this.#handlers.onBatch(answer.range, answer.batch);
  }

  #end(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const unfinished = this.#pending;
    this.#pending = [];
    this.#handlers.onEnd(unfinished);
  }
}
