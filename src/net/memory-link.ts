// One end of an in-memory link. Bytes are copied when written and delivered later, in slices that a function chooses, out
// of a buffer that all links of the network share and that is overwritten after each delivery: a receiver that keeps a
// reference is caught.

import type { Address } from '../model/address.js';
import type { Link, LinkHandler } from './transport.js';

/** What the two ends of a link need of the network they belong to. */
export interface MemoryMedium {
  /** Runs a task later, in order. */
  schedule(task: () => void): void;
  /** How many of `available` bytes come in one delivery: 1 … available. */
  nextChunk(available: number): number;
  /** Every delivery is made out of this. */
  readonly buffer: Uint8Array;
}

const POISON = 0xdb;

export class MemoryLink implements Link {
  readonly remote: Address;
  readonly local: Address;
  readonly isEncrypted = false;
  readonly #medium: MemoryMedium;
  #other: MemoryLink | null = null;
  #handler: LinkHandler | null = null;
  /** What this end wrote and the other has not got yet. */
  #queue: Uint8Array[] = [];
  #queued = 0;
  #isClosed = false;
  #isPaused = true;
  #isScheduled = false;
  /** The other end has closed: once its bytes are delivered, so do we. */
  #ending: { readonly error: NodeJS.ErrnoException | null } | null = null;

  private constructor(local: Address, remote: Address, medium: MemoryMedium) {
    this.local = local;
    this.remote = remote;
    this.#medium = medium;
  }

  /** Both ends of one link, neither started. */
  static pair(first: Address, second: Address, medium: MemoryMedium): [MemoryLink, MemoryLink] {
    const a = new MemoryLink(first, second, medium);
    const b = new MemoryLink(second, first, medium);
    a.#other = b;
    b.#other = a;
    return [a, b];
  }

  get writableBytes(): number {
    return this.#isClosed ? 0 : this.#queued;
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
    this.resume();
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    for (const part of parts) {
      if (part.length === 0) continue;
      this.#queue.push(Uint8Array.from(part));
      this.#queued += part.length;
    }
    this.#other?.wake();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.wake();
  }

  /** Bytes that the other end has not got yet still reach it, as they would out of a system's buffer. */
  close(): void {
    this.#closeWith(null);
  }

  /** As if the network had cut the link: both ends see `error`. */
  break(error: NodeJS.ErrnoException): void {
    this.#other?.finish({ error });
    this.finish({ error });
  }

  /** Something may be there for this end's handler. */
  wake(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    this.#medium.schedule(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  /** The other end is gone. */
  finish(ending: { readonly error: NodeJS.ErrnoException | null }): void {
    this.#ending ??= ending;
    this.wake();
  }

  #closeWith(error: NodeJS.ErrnoException | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#other?.finish({ error });
  }

  #deliver(): void {
    const other = this.#other;
    const handler = this.#handler;
    if (this.#isClosed || this.#isPaused || other === null || handler === null) return;
    if (other.#queued > 0 && (this.#ending === null || this.#ending.error === null)) {
      const length = other.#takeInto(this.#medium);
      handler.onData(this.#medium.buffer, length);
      this.#medium.buffer.fill(POISON, 0, length);
      other.#notifyDrained();
      this.wake();
    } else if (this.#ending !== null) {
      const { error } = this.#ending;
      this.#closeWith(error);
      handler.onClose(error);
    }
  }

  #notifyDrained(): void {
    if (this.#queued > 0) return;
    this.#medium.schedule(() => {
      if (!this.#isClosed && this.#queued === 0) this.#handler?.onDrain();
    });
  }

  /** Moves the next slice into the medium's buffer and returns its length. */
  #takeInto(medium: MemoryMedium): number {
    const { buffer } = medium;
    const available = Math.min(this.#queued, buffer.length);
    const length = Math.max(1, Math.min(available, medium.nextChunk(available)));
    let filled = 0;
    while (filled < length) {
      const part = this.#queue[0];
      const taken = Math.min(part.length, length - filled);
      buffer.set(part.subarray(0, taken), filled);
      filled += taken;
      if (taken === part.length) this.#queue.shift();
      else this.#queue[0] = part.subarray(taken);
    }
    this.#queued -= length;
    return length;
  }
}
