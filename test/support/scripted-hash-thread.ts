// A hashing thread in hand: it says that it is ready, answers and dies when the test says so. It reads the bytes when it hashes
// them and not when it gets them, as a real thread would, so that whoever writes to them meanwhile is found out.

import { sha1 } from '../../src/hash/digest.js';
import type { PieceHashThread, PieceHashThreadHandlers } from '../../src/storage/piece-hash-thread.js';

export class ScriptedHashThread implements PieceHashThread {
  readonly #handlers: PieceHashThreadHandlers;
  readonly pending: Uint8Array[] = [];
  readonly #digests: Uint8Array[] = [];
  isStopped = false;

  constructor(handlers: PieceHashThreadHandlers) {
    this.#handlers = handlers;
  }

  post(bytes: Uint8Array): void {
    this.pending.push(bytes);
  }

  poll(): void {
    for (const digest of this.#digests.splice(0)) this.#handlers.onAnswer(digest);
  }

  stop(): void {
    this.isStopped = true;
  }

  ready(): void {
    this.#handlers.onReady();
  }

  /** Hashes the oldest request; the answer is there for whoever polls. */
  hashOne(): void {
    const bytes = this.pending.shift();
    if (bytes === undefined) throw new Error('the thread has nothing to hash');
    this.#digests.push(sha1(bytes));
  }

  /** The same, told by event. */
  answerOne(): void {
    this.hashOne();
    this.poll();
  }

  die(): void {
    this.#handlers.onEnd();
  }
}
