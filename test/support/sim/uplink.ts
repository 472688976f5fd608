// What a node can send, all its connections together: one byte after the other at a fixed rate.

export class Uplink {
  readonly #bytesPerMs: number;
  #freeAt = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  durationOf(bytes: number): number {
    return bytes / this.#bytesPerMs;
  }

  /** When the last of `bytes` handed over now has left. */
  carry(now: number, bytes: number): number {
    this.#freeAt = Math.max(now, this.#freeAt) + this.durationOf(bytes);
    return this.#freeAt;
  }
}
