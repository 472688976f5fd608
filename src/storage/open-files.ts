// The open descriptors of a whole process, least recently used first out. Torrents share one, so that a few
// descriptors suffice for any number of files. A file in use by a running read or write is pinned: closing it under a call of the
// thread pool could send the bytes to whatever file gets that number next.

import { type Disk, OPEN_READABLE, OPEN_WRITABLE, REAL_DISK } from './disk.js';
import { errnoOf, toStorageError } from './storage-failure.js';

export interface OpenFile {
  readonly path: string;
  readonly fd: number;
  readonly isWritable: boolean;
  /** Calls that use the descriptor right now. */
  users: number;
  /** False once it is closed, or is to be closed by its last user. */
  isOpen: boolean;
}

/** Never fewer than this are kept when the system runs out of descriptors: one to read, one to write, and a spare. */
const MIN_LIMIT = 4;

export class OpenFiles {
  readonly #disk: Disk;
  readonly #files = new Set<OpenFile>();
  #limit: number;

  /** At most `limit` descriptors stay open while nobody uses them. */
  constructor(limit: number, disk: Disk = REAL_DISK) {
    this.#limit = Math.max(MIN_LIMIT, limit);
    this.#disk = disk;
  }

  get size(): number {
    return this.#files.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Opens a file and pins it; the caller must `release` it. Throws a StorageError. */
  open(path: string, isWritable: boolean): OpenFile {
    while (this.#files.size >= this.#limit && this.#closeOldest()) continue;
    for (;;) {
      try {
        const fd = this.#disk.openSync(path, isWritable ? OPEN_WRITABLE : OPEN_READABLE, 0o666);
        const file: OpenFile = { path, fd, isWritable, users: 1, isOpen: true };
        this.#files.add(file);
        return file;
      } catch (error) {
        const errno = errnoOf(error);
        if ((errno !== 'EMFILE' && errno !== 'ENFILE') || !this.#closeOldest()) throw toStorageError('open', path, error);
        // The process shares its descriptors with sockets: what we just gave up is left to them from now on.
        this.#limit = Math.max(MIN_LIMIT, this.#files.size);
      }
    }
  }

  /** Pins an open file again and makes it the most recently used one. */
  acquire(file: OpenFile): void {
    file.users++;
    this.#files.delete(file);
    this.#files.add(file);
  }

  release(file: OpenFile): void {
    file.users--;
    if (file.users === 0 && !file.isOpen) this.#closeNow(file);
  }

  /** Closes a file, or leaves that to the call that still uses it. */
  close(file: OpenFile): void {
    if (!file.isOpen) return;
    file.isOpen = false;
    if (file.users === 0) this.#closeNow(file);
  }

  #closeOldest(): boolean {
    for (const file of this.#files) {
      if (file.users > 0) continue;
      this.close(file);
      return true;
    }
    return false;
  }

  #closeNow(file: OpenFile): void {
    this.#files.delete(file);
    try {
      this.#disk.closeSync(file.fd);
    } catch (error) {
      // Network file systems report late write errors here; whoever closes a file that matters must hear of it.
      throw toStorageError('close', file.path, error);
    }
  }
}
