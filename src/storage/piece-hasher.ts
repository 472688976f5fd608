// SHA-1 of arriving pieces on a second core, for a whole process. Hashing is a third of what a fast download costs, and the
// loop is what limits one: while so much comes in, a thread takes the pieces that it has time for and the loop the others.
// A piece's memory moves to the thread and back: copying blocks into memory that both could see costs more than it brings.

import type { Millis } from '../model/time.js';
import { foretellMoves, startPieceHashThread, type PieceHashThread, type PieceHashThreadHandlers } from './piece-hash-thread.js';

export interface PieceHasherLimits {
  /** The thread is started when so many bytes came within so long. */
  readonly busyBytes: number;
  readonly busyMs: number;
  /** Shorter pieces are not worth the way there and back. */
  readonly minBytes: number;
  /** Pieces handed over and not back; whoever can't wait hashes further ones itself. */
  readonly maxHanded: number;
}

export interface HashedPiece {
  /** 20 bytes. */
  readonly digest: Uint8Array;
  /** The memory that was offered, under a new name. */
  readonly buffer: Buffer;
}

export interface PieceHasherOptions {
  readonly limits: PieceHasherLimits;
  /** Cores; with one there is nothing to share. */
  readonly cores: number;
  /** Monotonic. */
  readonly now?: () => Millis;
  readonly startThread?: (handlers: PieceHashThreadHandlers) => PieceHashThread;
  readonly foretellMoves?: () => void;
}

interface Waiting {
  resolve(hashed: HashedPiece): void;
  reject(error: Error): void;
}

export class PieceHasher {
  readonly #limits: PieceHasherLimits;
  readonly #now: () => Millis;
  readonly #startThread: (handlers: PieceHashThreadHandlers) => PieceHashThread;
  readonly #foretellMoves: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #thread: PieceHashThread | null = null;
  #isReady = false;
  /** A thread that died, or a process that ends: there will be no other. */
  #isRefused: boolean;
  #areMovesForetold = false;
  #nextId = 1;
  #windowStart: Millis = -Infinity;
  #windowBytes = 0;

  constructor(options: PieceHasherOptions) {
    this.#limits = options.limits;
    this.#now = options.now ?? (() => performance.now());
    this.#startThread = options.startThread ?? startPieceHashThread;
    this.#foretellMoves = options.foretellMoves ?? foretellMoves;
    this.#isRefused = options.cores < 2;
  }

  /** A thread takes pieces: nobody else needs to hash ahead. */
  get isRunning(): boolean {
    return this.#isReady;
  }

  /** Pieces of so many bytes will be offered. */
  expect(length: number): void {
    if (this.#isRefused || this.#areMovesForetold || length < this.#limits.minBytes) return;
    this.#areMovesForetold = true;
    this.#foretellMoves();
  }

  /**
   * Hashes buffer[0 … length), which must be a buffer of its own and is gone for the caller until the promise settles; null:
   * the caller hashes it himself. `mayWait`: however much the thread has to do. Rejects where the thread is lost, and the
   * bytes with it.
   */
  offer(buffer: Buffer, length: number, mayWait: boolean): Promise<HashedPiece> | null {
    if (length < this.#limits.minBytes) return null;
    const thread = this.#thread;
    if (thread === null) {
      if (!this.#isRefused && this.#isBusyWith(length)) this.#start();
      return null;
    }
    thread.poll();
    if (!this.#isReady || (!mayWait && this.#waiting.size >= this.#limits.maxHanded)) return null;
    const id = this.#nextId++;
    const hashed = new Promise<HashedPiece>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    thread.post({ id, memory: buffer.buffer as ArrayBuffer, length });
    return hashed;
  }

  /** Gives up the thread until it is needed again, unless it is at work. */
  rest(): void {
    if (this.#waiting.size > 0) return;
    this.#thread?.stop();
    this.#thread = null;
    this.#isReady = false;
  }

  /** What is still out is lost. */
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
      onAnswer: ({ id, memory, digest }) => {
        const waiting = this.#waiting.get(id);
        this.#waiting.delete(id);
        waiting?.resolve({ digest, buffer: Buffer.from(memory) });
      },
      onEnd: () => {
        this.#isRefused = true;
        this.#lose();
      },
    });
  }

  #lose(): void {
    this.#thread = null;
    this.#isReady = false;
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of lost) waiting.reject(new Error('the thread that hashes pieces has ended, and lost what it had'));
  }
}
