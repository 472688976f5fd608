// Memory of pieces that the hashing thread reads where it lies: one block for all of them, as the thread has to be told of a
// block once, and as V8 does not count shared memory: many small blocks would lie around long after they were dropped.
// Lengths are mixed seldom (torrents of different piece lengths), so that parts are cut off one after the other.

export class SharedBuffers {
  readonly #maxBytes: number;
  #memory: SharedArrayBuffer | null = null;
  #cutBytes = 0;
  #takenBytes = 0;
  readonly #idle = new Map<number, Buffer[]>();

  /** `maxBytes`: of the block. The system gives its pages as they are first written. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that were in use, and are not. */
  get idleBytes(): number {
    return this.#cutBytes - this.#takenBytes;
  }

  /** A part of exactly `length` bytes with anything in it; null where there is no room. */
  take(length: number): Buffer | null {
    const buffer = this.#idle.get(length)?.pop() ?? this.#cut(length);
    if (buffer !== null) this.#takenBytes += length;
    return buffer;
  }

  /** False: that is none of ours. */
  give(buffer: Buffer): boolean {
    if (buffer.buffer !== this.#memory) return false;
    const { length } = buffer;
    this.#takenBytes -= length;
    const idle = this.#idle.get(length);
    if (idle === undefined) this.#idle.set(length, [buffer]);
    else idle.push(buffer);
    return true;
  }

  /** Lets go of the block, if nobody has a part of it. */
  trim(): void {
    if (this.#takenBytes > 0) return;
    this.#memory = null;
    this.#forgetParts();
  }

  #cut(length: number): Buffer | null {
    if (length > this.#maxBytes) return null;
    if (this.#cutBytes + length > this.#maxBytes) {
      if (this.#takenBytes > 0) return null;
      this.#forgetParts();
    }
    this.#memory ??= new SharedArrayBuffer(this.#maxBytes);
    const buffer = Buffer.from(this.#memory, this.#cutBytes, length);
    this.#cutBytes += length;
    return buffer;
  }

  #forgetParts(): void {
    this.#idle.clear();
    this.#cutBytes = 0;
  }
}
