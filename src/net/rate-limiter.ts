// A token bucket: bytes flow in at a rate and are spent as they are sent, up to a burst. Time is passed in, so that a
// test needs no clock; the owner decides what waits.

import type { Millis } from '../model/time.js';

const MS_PER_SECOND = 1000;

export class TokenBucket {
  #bytesPerSecond: number;
  #burstBytes: number;
  #tokens: number;
  #updatedAt: Millis | null = null;

  /** Starts full. `bytesPerSecond` may be Infinity: no limit. `burstBytes` is what may go at once after a silence. */
  constructor(bytesPerSecond: number, burstBytes: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#burstBytes = burstBytes;
    this.#tokens = burstBytes;
  }

  /** Spends up to `bytes` and returns how many were granted: 0 … bytes. */
  take(bytes: number, now: Millis): number {
    if (this.#bytesPerSecond === Infinity) return bytes;
    this.#refill(now);
    const granted = Math.min(bytes, Math.floor(this.#tokens));
    this.#tokens -= granted;
    return granted;
  }

  /** Gives back what was granted and not used. */
  giveBack(bytes: number): void {
    this.#tokens = Math.min(this.#burstBytes, this.#tokens + bytes);
  }

  /**
   * Milliseconds until `bytes` are granted whole, 0 where they are now. More than the burst are never granted at once: then it
   * is the wait for a full bucket. Infinity at rate 0.
   */
  waitMs(bytes: number, now: Millis): Millis {
    if (this.#bytesPerSecond === Infinity) return 0;
    this.#refill(now);
    const missing = Math.min(bytes, Math.floor(this.#burstBytes)) - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil((missing * MS_PER_SECOND) / this.#bytesPerSecond);
  }

  /** From `now` on; what has gathered stays, up to the new burst. */
  setRate(bytesPerSecond: number, burstBytes: number, now: Millis): void {
    this.#refill(now);
    this.#bytesPerSecond = bytesPerSecond;
    this.#burstBytes = burstBytes;
    this.#tokens = Math.min(this.#tokens, burstBytes);
  }

  #refill(now: Millis): void {
    if (this.#updatedAt !== null && this.#bytesPerSecond !== Infinity) {
      const elapsedMs = Math.max(0, now - this.#updatedAt);
      this.#tokens = Math.min(this.#burstBytes, this.#tokens + (elapsedMs * this.#bytesPerSecond) / MS_PER_SECOND);
    }
    this.#updatedAt = this.#updatedAt === null ? now : Math.max(now, this.#updatedAt);
  }
}
