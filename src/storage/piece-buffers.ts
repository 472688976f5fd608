// The memory of pieces in flight, for a whole process. The last buffer given back is the first to be used again, so
// that the bytes stay in the processor's cache. The budget governs OPENING a piece and nothing else: the blocks of an
// open piece always have their place, so no peer ever has to be stopped in the middle of a message.

import { invariant } from '../model/error.js';
import { SharedBuffers } from './shared-buffers.js';

export interface PieceBuffersOptions {
  /** Bytes of open pieces, of all torrents together. */
  readonly budgetBytes: number;
  /** Buffers of `fromBytes` and more are memory that a thread can read too, `maxBytes` of it at most. Default: none. */
  readonly shared?: { readonly fromBytes: number; readonly maxBytes: number };
}

export class PieceBuffers {
  readonly budgetBytes: number;
  readonly #sharedFrom: number;
  readonly #shared: SharedBuffers;
  readonly #idle = new Map<number, Buffer[]>();
  #idleBytes = 0;
  #takenBytes = 0;
  #reservedBytes = 0;

  constructor(options: PieceBuffersOptions) {
    this.budgetBytes = options.budgetBytes;
    this.#sharedFrom = options.shared?.fromBytes ?? Infinity;
    this.#shared = new SharedBuffers(Math.min(options.budgetBytes, options.shared?.maxBytes ?? 0));
  }

  /** Bytes promised to open pieces; may exceed the budget by what `forceReserve` granted. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** Bytes of buffers that are out with somebody. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Bytes of buffers kept for their next use. */
  get idleBytes(): number {
    return this.#idleBytes + this.#shared.idleBytes;
  }

  /** Grants `bytes` of the budget, or nothing: false. */
  reserve(bytes: number): boolean {
    if (this.#reservedBytes + bytes > this.budgetBytes) return false;
    this.#reservedBytes += bytes;
    return true;
  }

  /** For the one piece that a torrent may always have open. */
  forceReserve(bytes: number): void {
    this.#reservedBytes += bytes;
  }

  release(bytes: number): void {
    invariant(bytes <= this.#reservedBytes, 'more budget released than reserved', { bytes, reserved: this.#reservedBytes });
    this.#reservedBytes -= bytes;
  }

  /** A buffer of exactly `length` bytes with anything in it. Never fails: whoever takes has reserved. */
  take(length: number): Buffer {
    this.#takenBytes += length;
    const shared = length >= this.#sharedFrom ? this.#shared.take(length) : null;
    if (shared !== null) return shared;
    const idle = this.#idle.get(length)?.pop();
    if (idle === undefined) return Buffer.allocUnsafeSlow(length);
    this.#idleBytes -= length;
    return idle;
  }

  /** Gives back a buffer of `take`; nobody may touch it afterwards. */
  give(buffer: Buffer): void {
    const length = buffer.length;
    invariant(length <= this.#takenBytes, 'a buffer was given back twice', { length, taken: this.#takenBytes });
    this.#takenBytes -= length;
    if (this.#shared.give(buffer)) return;
    // Torrents with different piece lengths must not each leave a full budget of idle buffers behind.
    if (this.idleBytes + this.#takenBytes + length > this.budgetBytes) return;
    const idle = this.#idle.get(length);
    if (idle === undefined) this.#idle.set(length, [buffer]);
    else idle.push(buffer);
    this.#idleBytes += length;
  }

  /** Drops what is idle: for a session that has nothing to do for a while. */
  trim(): void {
    this.#idle.clear();
    this.#idleBytes = 0;
    this.#shared.trim();
  }
}
