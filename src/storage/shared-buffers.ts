// Memory of pieces that the hashing thread reads where it lies: one block for all of them, as the thread has to be told of a
// block once, and as V8 does not count shared memory: what is dropped may lie around for long. So parts are cut off one after the
// other, and cut anew only when nobody has any of them: lengths are mixed seldom (torrents of different piece lengths), and whoever
// finds no room takes other memory. A block that was let go of is taken up again while it is still there.

/** Parts begin where the copies of any processor go fastest. */
const ALIGNMENT = 64;

export class SharedBuffers {
  readonly #maxBytes: number;
  #memory: SharedArrayBuffer | null = null;
  #dropped: WeakRef<SharedArrayBuffer> | null = null;
  /** The system has no such memory. */
  #isRefused = false;
  #cutBytes = 0;
  #taken = 0;
  #idleBytes = 0;
  readonly #idle = new Map<number, Buffer[]>();

  /** `maxBytes`: of the block. The system gives its pages as they are first written. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of parts kept for their next use. */
  get idleBytes(): number {
    return this.#idleBytes;
  }

  /** A part of exactly `length` bytes with anything in it; null where there is no room. */
  take(length: number): Buffer | null {
    const idle = this.#idle.get(length)?.pop();
    if (idle !== undefined) this.#idleBytes -= length;
    const buffer = idle ?? this.#cut(length);
    if (buffer !== null) this.#taken++;
    return buffer;
  }

  /** False: that is none of ours. */
  give(buffer: Buffer): boolean {
    if (buffer.buffer !== this.#memory) return false;
    const { length } = buffer;
    this.#taken--;
    this.#idleBytes += length;
    const idle = this.#idle.get(length);
    if (idle === undefined) this.#idle.set(length, [buffer]);
    else idle.push(buffer);
    return true;
  }

  /** Lets go of the block, if nobody has a part of it. */
  trim(): void {
    if (this.#taken > 0 || this.#memory === null) return;
    this.#dropped = new WeakRef(this.#memory);
    this.#memory = null;
    this.#forgetParts();
  }

  #cut(length: number): Buffer | null {
    if (length > this.#maxBytes) return null;
    if (this.#cutBytes + length > this.#maxBytes) {
      if (this.#taken > 0) return null;
      this.#forgetParts();
    }
    const memory = this.#block();
    if (memory === null) return null;
    const buffer = Buffer.from(memory, this.#cutBytes, length);
    this.#cutBytes += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    return buffer;
  }

  #block(): SharedArrayBuffer | null {
    this.#memory ??= this.#dropped?.deref() ?? null;
    if (this.#memory !== null || this.#isRefused) return this.#memory;
    try {
      this.#memory = new SharedArrayBuffer(this.#maxBytes);
    } catch {
      this.#isRefused = true;
    }
    return this.#memory;
  }

  #forgetParts(): void {
    this.#idle.clear();
    this.#idleBytes = 0;
    this.#cutBytes = 0;
  }
}
