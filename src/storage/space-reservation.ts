// The space of a torrent's large files, set aside before they are first written, where that is worth it: on ext4 nothing is looked for or
// counted any more for each block that comes, which is a third of what the calls that write cost. On XFS it costs as much either way,
// on btrfs more, and what lies in memory would take it at once. Where it can't be done, files grow as they are written. Keeps the account
// of what large files take, as what is written where space was set aside takes none.

import { allocatedBytes } from './allocated-bytes.js';
import { type Disk, REAL_DISK } from './disk.js';
import type { OpenFile } from './open-files.js';
import { takeSpaceInProcess, type TakeSpace } from './space-process.js';

export interface SpaceReservationOptions {
  /** Files of fewer bytes, and those that have space for all but fewer, are not worth a process. */
  readonly fromBytes: number;
  /** False: nothing is set aside, and all is as written. Default true. */
  readonly isAllowed?: boolean;
  /** Ends the wait for it. */
  readonly signal?: AbortSignal;
  readonly takeSpace?: TakeSpace;
  readonly disk?: Disk;
}

/** As statfs(2) names ext4, and ext2 and ext3, which refuse. */
const EXT4 = 0xef53;

export class SpaceReservation {
  readonly #fromBytes: number;
  readonly #isAllowed: boolean;
  readonly #signal: AbortSignal;
  readonly #aborted: Promise<void>;
  readonly #takeSpace: TakeSpace;
  readonly #disk: Disk;
  /** Bytes for which a large file has no space yet, as far as we know; from its first opening on. */
  readonly #missing = new Map<number, number>();
  readonly #atWork = new Set<number>();
  /** One after the other: each sees what the one before it has left. */
  #last: Promise<void> = Promise.resolve();
  #takenBytes = 0;

  constructor(options: SpaceReservationOptions) {
    this.#fromBytes = options.fromBytes;
    this.#isAllowed = options.isAllowed ?? true;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#aborted = aborted(this.#signal);
    this.#takeSpace = options.takeSpace ?? takeSpaceInProcess;
    this.#disk = options.disk ?? REAL_DISK;
  }

  /** For files that are only read, or none of which is large. */
  static none(): SpaceReservation {
    return new SpaceReservation({ fromBytes: Infinity });
  }

  /** Bytes of space that files have and did not have before: set aside, or written. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** `reserve` is to be called before the file is written. Once for each file. */
  isDue(file: number, length: number): boolean {
    return length >= this.#fromBytes && !this.#missing.has(file);
  }

  /** The file system may hold up whoever writes to it now: a call that is under way can't be taken back. */
  isAtWork(file: number): boolean {
    return this.#atWork.has(file);
  }

  /** So many bytes of a file are written. */
  count(file: number, bytes: number): void {
    const missing = this.#missing.get(file);
    const taken = missing === undefined ? bytes : Math.min(bytes, missing);
    if (missing !== undefined) this.#missing.set(file, missing - taken);
    this.#takenBytes += taken;
  }

  /** `length`: of the whole file. Settles when it is done, or when the signal comes. Never rejects. */
  async reserve(file: number, open: OpenFile, length: number): Promise<void> {
    this.#missing.set(file, this.#missingBytes(open.path, length));
    if (!this.#isAllowed) return;
    this.#atWork.add(file);
    const work = this.#last.then(() => this.#reserveNow(file, open, length));
    this.#last = work;
    await Promise.race([work, this.#aborted]);
  }

  async #reserveNow(file: number, open: OpenFile, length: number): Promise<void> {
    const before = this.#missingBytes(open.path, length);
    // Once the signal has come nobody keeps the descriptor for this any more.
    if (!this.#signal.aborted && before >= this.#fromBytes && this.#hasRoom(open.path, before)) {
      await this.#takeSpace(open.fd, length, this.#signal);
      // Whatever came of it: one that fails may have taken some.
      const after = Math.min(before, this.#missingBytes(open.path, length));
      this.#missing.set(file, after);
      this.#takenBytes += before - after;
    }
    this.#atWork.delete(file);
  }

  #missingBytes(location: string, length: number): number {
    return Math.max(0, length - allocatedBytes(location, this.#disk));
  }

  /** Where too little is free it would take all there is before it fails. */
  #hasRoom(location: string, bytes: number): boolean {
    try {
      const { type, bavail, bsize } = this.#disk.statfsSync(location);
      return type === EXT4 && bytes <= bavail * bsize;
    } catch {
      return false;
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
