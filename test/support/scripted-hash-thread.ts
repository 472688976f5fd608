// A hashing thread in hand: it says that it is ready, answers and dies when the test says so. The memory it is given is moved,
// as a real thread's would be, so that whoever still uses it is found out.

import { sha1 } from '../../src/hash/digest.js';
import type {
  PieceHashAnswer,
  PieceHashRequest,
  PieceHashThread,
  PieceHashThreadHandlers,
} from '../../src/storage/piece-hash-thread.js';

export class ScriptedHashThread implements PieceHashThread {
  readonly #handlers: PieceHashThreadHandlers;
  readonly pending: PieceHashRequest[] = [];
  readonly #answers: PieceHashAnswer[] = [];
  isStopped = false;

  constructor(handlers: PieceHashThreadHandlers) {
    this.#handlers = handlers;
  }

  post(request: PieceHashRequest): void {
    this.pending.push(structuredClone(request, { transfer: [request.memory] }));
  }

  poll(): void {
    for (const answer of this.#answers.splice(0)) this.#handlers.onAnswer(answer);
  }

  stop(): void {
    this.isStopped = true;
  }

  ready(): void {
    this.#handlers.onReady();
  }

  /** Hashes the oldest request; the answer is there for whoever polls. */
  hashOne(): void {
    const request = this.pending.shift();
    if (request === undefined) throw new Error('the thread has nothing to hash');
    const { id, memory, length } = request;
    this.#answers.push({ id, memory, digest: sha1(new Uint8Array(memory, 0, length)) });
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
