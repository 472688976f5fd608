// A storage that fails or holds writes when it is told to, for tests of what stands on it: a full disk without a full disk,
// and writes that end in an order the test decides.

import { StorageError } from '../../src/model/error.js';
import type { Storage } from '../../src/storage/storage.js';

export class FaultyStorage implements Storage {
  readonly #inner: Storage;
  readonly #held: (() => void)[] = [];
  /** Writes answer with a promise that waits for `releaseWrites`. */
  holdsWrites = false;
  /** The errno that writes, reads or renames fail with from now on; null where they work. */
  writeErrno: string | null = null;
  readErrno: string | null = null;
  finishErrno: string | null = null;
  /** Writes that are running now, and the most there ever were. */
  writesInFlight = 0;
  mostWritesInFlight = 0;
  writeCount = 0;
  readCount = 0;

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void | Promise<void> {
    this.writeCount++;
    if (!this.holdsWrites) {
      this.#check('write', this.writeErrno);
      return this.#inner.write(offset, bytes, from, to);
    }
    this.writesInFlight++;
    this.mostWritesInFlight = Math.max(this.mostWritesInFlight, this.writesInFlight);
    return new Promise<void>((resolve) => {
      this.#held.push(resolve);
    }).then(() => {
      this.writesInFlight--;
      this.#check('write', this.writeErrno);
      return this.#inner.write(offset, bytes, from, to);
    });
  }

  /** Lets the oldest held writes go on, all of them where no number is given. */
  releaseWrites(count = this.#held.length): void {
    for (const resolve of this.#held.splice(0, count)) resolve();
  }

  async read(offset: number, length: number, into: Uint8Array, at: number): Promise<void> {
    this.readCount++;
    this.#check('read', this.readErrno);
    await this.#inner.read(offset, length, into, at);
  }

  finishFile(file: number): void | Promise<void> {
    this.#check('rename', this.finishErrno);
    return this.#inner.finishFile(file);
  }

  releaseIdle(): void {
    this.#inner.releaseIdle();
  }

  close(): void {
    this.#inner.close();
  }

  #check(operation: string, errno: string | null): void {
    if (errno !== null) throw new StorageError(`${operation} fails`, { operation, path: 'faulty', errno });
  }
}
