// SHA-1 of arriving pieces on a second core, for a whole process. Hashing is a third of what a fast download costs, and the
// loop is what limits one: while so much comes in, a thread takes the pieces that it has time for and the loop the others.
// It reads a piece where it lies, in memory that both see: to move it there and back cost as much as a quarter of the hashing.

import type { Millis } from '../model/time.js';
import { RING_SLOTS } from './piece-hash-ring.js';
import { startPieceHashThread, type PieceHashThread, type PieceHashThreadHandlers } from './piece-hash-thread.js';

export interface PieceHasherLimits {
  /** The thread is started when so many bytes came within so long. */
  readonly busyBytes: number;
  readonly busyMs: number;
  /** Shorter pieces are not worth the way there and back. */
  readonly minBytes: number;
  /** Pieces handed over and not back; whoever can't wait hashes further ones itself. */
  readonly maxHanded: number;
}

export interface PieceHasherOptions {
  readonly limits: PieceHasherLimits;
  /** Cores; with one there is nothing to share. */
  readonly cores: number;
  /** Monotonic. */
  readonly now?: () => Millis;
  readonly startThread?: (handlers: PieceHashThreadHandlers) => PieceHashThread;
}

/** Of a piece that is out: takes its digest, or null where the thread is gone. */
type Resolve = (digest: Uint8Array | null) => void;

export class PieceHasher {
  readonly #limits: PieceHasherLimits;
  readonly #now: () => Millis;
  readonly #startThread: (handlers: PieceHashThreadHandlers) => PieceHashThread;
  /** Of the pieces that are out, in the order in which they went. */
  #waiting: Resolve[] = [];
  #thread: PieceHashThread | null = null;
  #isReady = false;
  /** A thread that died, or a process that ends: there will be no other. */
  #isRefused: boolean;
  #windowStart: Millis = -Infinity;
  #windowBytes = 0;

  constructor(options: PieceHasherOptions) {
    this.#limits = options.limits;
    this.#now = options.now ?? (() => performance.now());
    this.#startThread = options.startThread ?? startPieceHashThread;
    this.#isRefused = options.cores < 2;
  }

  /** A thread takes pieces: nobody else needs to hash ahead. */
  get isRunning(): boolean {
    return this.#isReady;
  }

  /**
   * SHA-1 of the bytes, which nobody may write to until the promise settles: with null where the thread is lost. Null at once:
   * the caller hashes them himself, as always with memory that a thread can't see. `mayWait`: however much the thread has to do.
   */
  offer(bytes: Uint8Array, mayWait: boolean): Promise<Uint8Array | null> | null {
    const { minBytes, maxHanded } = this.#limits;
    if (bytes.length < minBytes || !isShared(bytes)) return null;
    const thread = this.#thread;
    if (thread === null) {
      if (!this.#isRefused && this.#isBusyWith(bytes.length)) this.#start();
      return null;
    }
    thread.poll();
    if (!this.#isReady || this.#waiting.length >= (mayWait ? RING_SLOTS : maxHanded)) return null;
    thread.post(bytes);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives up the thread until it is needed again, unless it is at work. */
  rest(): void {
    if (this.#waiting.length > 0) return;
    this.#thread?.stop();
    this.#thread = null;
    this.#isReady = false;
  }

  /** What is still out is the callers' to hash. */
  close(): void {
    this.#isRefused = true;
    this.#thread?.stop();
    this.#lose();
  }

  #isBusyWith(length: number): boolean {
    const now = this.#now();
    if (now - this.#windowStart > this.#limits.busyMs) {
      // This piece came before the window; a long one would fill it alone.
      this.#windowStart = now;
      this.#windowBytes = 0;
      return false;
    }
    this.#windowBytes += length;
    return this.#windowBytes >= this.#limits.busyBytes;
  }

  #start(): void {
    this.#thread = this.#startThread({
      onReady: () => {
        this.#isReady = true;
      },
      onAnswer: (digest) => this.#waiting.shift()?.(digest),
      onEnd: () => {
        this.#isRefused = true;
        this.#lose();
      },
    });
  }

  #lose(): void {
    this.#thread = null;
    this.#isReady = false;
    const lost = this.#waiting;
    this.#waiting = [];
    for (const resolve of lost) resolve(null);
  }
}

function isShared(bytes: Uint8Array): bytes is Uint8Array<SharedArrayBuffer> {
  return bytes.buffer instanceof SharedArrayBuffer;
}
