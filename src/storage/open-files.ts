// The open descriptors of a whole process, least recently used first out. Torrents share one, so that a few
// descriptors suffice for any number of files. A file in use by a running read or write is pinned: closing it under a call of the
// thread pool could send the bytes to whatever file gets that number next.

import { type Disk, OPEN_READABLE, OPEN_WRITABLE, REAL_DISK } from './disk.js';
import { errnoOf, toStorageError } from './storage-failure.js';

export interface OpenFile {
  readonly path: string;
  readonly fd: number;
  readonly isWritable: boolean;
  /** Calls that use the descriptor right now, and who keeps it. */
  users: number;
  /** Pinned until it is closed, not only for a call. */
  isKept: boolean;
  /** False once it is closed, or is to be closed by its last user. */
  isOpen: boolean;
}

/** Never fewer than this are kept when the system runs out of descriptors: one to read, one to write, and a spare. */
const MIN_LIMIT = 4;

export class OpenFiles {
  readonly #disk: Disk;
  readonly #files = new Set<OpenFile>();
  #limit: number;
  /** Those that the thread pool is opening. */
  #opening = 0;
  /** Uses that have ended: only these make room, as an opening that fails for want of a descriptor must not wake the next to fail. */
  #released = 0;
  /** Told when there may be room for one more. */
  #waiting: (() => void)[] = [];

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
    while (this.#files.size + this.#opening >= this.#limit && this.#closeOldest()) continue;
    for (;;) {
      try {
        return this.#add(path, isWritable, this.#disk.openSync(path, isWritable ? OPEN_WRITABLE : OPEN_READABLE, 0o666));
      } catch (error) {
        if (!isOutOfDescriptors(error) || !this.#closeOldest()) throw toStorageError('open', path, error);
        this.#lowerLimit();
      }
    }
  }

  /** Opens a file to read, and keeps it open until it is closed and released. */
  openKept(path: string): OpenFile {
    const file = this.open(path, false);
    file.isKept = true;
    return file;
  }

  /** Opens by the thread pool. Waits while all that may be open are in use. */
  async openLater(path: string, isWritable: boolean): Promise<OpenFile> {
    for (;;) {
      while (this.#files.size + this.#opening >= this.#limit) {
        if (this.#closeOldest()) continue;
        if (!this.#isRoomToCome()) break;
        await this.#room();
      }
      try {
        return await this.#openByPool(path, isWritable);
      } catch (error) {
        if (!isOutOfDescriptors(error)) throw toStorageError('open', path, error);
        const hasGivenWay = this.#closeOldest();
        this.#lowerLimit();
        if (hasGivenWay) continue;
        for (const before = this.#released; this.#released === before;) {
          if (!this.#isRoomToCome()) throw toStorageError('open', path, error);
          await this.#room();
        }
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
    this.#released++;
    this.#tellWaiting();
    if (file.users === 0 && !file.isOpen) this.#closeNow(file);
  }

  /** Closes a file, or leaves that to the call that still uses it. */
  close(file: OpenFile): void {
    if (!file.isOpen) return;
    file.isOpen = false;
    // Whoever still reads it ends soon.
    file.isKept = false;
    if (file.users === 0) this.#closeNow(file);
  }

  #add(path: string, isWritable: boolean, fd: number): OpenFile {
    const file: OpenFile = { path, fd, isWritable, users: 1, isKept: false, isOpen: true };
    this.#files.add(file);
    return file;
  }

  #openByPool(path: string, isWritable: boolean): Promise<OpenFile> {
    this.#opening++;
    return new Promise<OpenFile>((resolve, reject) => {
      this.#disk.open(path, isWritable ? OPEN_WRITABLE : OPEN_READABLE, 0o666, (error, fd) => {
        this.#opening--;
        if (error === null) resolve(this.#add(path, isWritable, fd));
        else reject(error);
        this.#tellWaiting();
      });
    });
  }

  /** Some file is in use for the length of a call. */
  #isRoomToCome(): boolean {
    if (this.#opening > 0) return true;
    for (const file of this.#files) if (file.users > (file.isKept ? 1 : 0)) return true;
    return false;
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #tellWaiting(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell();
  }

  /** The process shares its descriptors with sockets: what was given up is left to them from now on. */
  #lowerLimit(): void {
    this.#limit = Math.max(MIN_LIMIT, Math.min(this.#limit, this.#files.size + this.#opening));
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

function isOutOfDescriptors(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EMFILE' || errno === 'ENFILE';
}
