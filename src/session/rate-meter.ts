// Bytes per second over the last 20 seconds, for people and the choker, and a quicker estimate for the request depth.
// A sample older than the window no longer counts; a clock that stands still divides by nothing.

import type { Millis } from '../model/time.js';

const SLOT_MS = 1000;
const SLOTS = 20;
const QUICK_MS = 200;
/** How often at least it is looked whether something begins anew: so soon that V8 has seen it before it compiles what a block passes. */
const LOOK_MS = 5;

export class RateMeter {
  readonly #slots = new Float64Array(SLOTS);
  #newest = -1;
  #turnsAt: Millis = -Infinity;
  #firstAt: Millis = 0;
  #total = 0;
  #quickSince: Millis = 0;
  #quickBytes = 0;
  #quickRate = NaN;

  constructor() {
    // V8 takes a field that is set once for a constant, and 0 (not −0) for an integer: it would compile all that each block passes, here and in
    // its callers, on that ground, and throw it away a fifth of a second later.
    this.#quickRate = -0;
  }

  get totalBytes(): number {
    return this.#total;
  }

  /** When the first bytes came; null before. */
  get firstAt(): Millis | null {
    return this.#newest < 0 ? null : this.#firstAt;
  }

  /** On the way of every block: what is not done for each stays out of it, for V8 throws away what it compiled before it saw a branch taken. */
  add(bytes: number, now: Millis): void {
    if (now >= this.#turnsAt) this.#turn(now);
    this.#slots[this.#newest % SLOTS] += bytes;
    this.#total += bytes;
    this.#quickBytes += bytes;
  }

  /** Bytes per second over the window, or over the time since the first byte where that is shorter (1 s at least). */
  rate(now: Millis): number {
    if (this.#newest < 0) return 0;
    this.#advance(now);
    let sum = 0;
    for (const bytes of this.#slots) sum += bytes;
    const span = Math.min(SLOTS * SLOT_MS, Math.max(SLOT_MS, now - this.#firstAt));
    return (sum * 1000) / span;
  }

  /** Bytes per second lately (a smoothed fifth of a second); 0 until the first such span has passed. */
  get quickRate(): number {
    return this.#quickRate;
  }

  /**
   * Begins anew what has lasted long enough: the slot, the quick estimate, at the first byte both. The bytes that come now are the first ones
   * of the new span: with those at both its ends a span would be counted too quick.
   */
  #turn(now: Millis): void {
    if (this.#newest < 0) {
      this.#firstAt = now;
      this.#quickSince = now;
    }
    this.#advance(now);
    const elapsed = now - this.#quickSince;
    if (elapsed >= QUICK_MS) {
      const rate = (this.#quickBytes * 1000) / elapsed;
      this.#quickRate = this.#quickRate === 0 ? rate : (this.#quickRate + rate) / 2;
      this.#quickSince = now;
      this.#quickBytes = 0;
    }
    this.#turnsAt = Math.min(now + LOOK_MS, this.#quickSince + QUICK_MS, (this.#newest + 1) * SLOT_MS);
  }

  #advance(now: Millis): void {
    const slot = Math.max(this.#newest, Math.floor(now / SLOT_MS));
    if (this.#newest >= 0) {
      const from = Math.max(this.#newest + 1, slot - SLOTS + 1);
      for (let i = from; i <= slot; i++) this.#slots[i % SLOTS] = 0;
    }
    this.#newest = slot;
  }
}
