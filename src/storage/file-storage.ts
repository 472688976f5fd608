// A torrent's files on a real disk. They grow under their part names and get their own when they are whole. Slices are
// written synchronously while the disk takes them at the speed of memory, large ones by the thread pool when it does not:
// measured, asynchronous writes cost up to twice the CPU, and a slow disk must not stop the loop (see write-pace). Files open lazily, through the process-wide OpenFiles.

import { FileLayout } from '../metainfo/file-layout.js';
import type { FileSlice } from '../metainfo/file-layout.js';
import type { MetainfoFile } from '../metainfo/metainfo.js';
import { invariant, StorageError } from '../model/error.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, REAL_DISK } from './disk.js';
import { placeForCopy } from './file-copy.js';
import { moveAcross, type MoveOptions, moveWithin } from './file-move.js';
import type { FilePaths } from './file-paths.js';
import type { OpenFile, OpenFiles } from './open-files.js';
import { refuse, toStorageError } from './storage-failure.js';
import type { Storage } from './storage.js';
import type { WritePace } from './write-pace.js';

export interface FileStorageOptions {
  readonly files: readonly MetainfoFile[];
  readonly paths: FilePaths;
  readonly openFiles: OpenFiles;
  /** Files that have their own name already (see `adoptFiles`); all others are under their part names, or not there yet. */
  readonly finished: ReadonlySet<number>;
  /** Files that were not chosen: read where they are there, never written to. Default: none. */
  readonly untouched?: ReadonlySet<number>;
  /** Another run may finish files meanwhile: one that is gone under its part name is looked for under its own. Default false. */
  readonly isFinishedByOthers?: boolean;
  /** Slices of a file below this are written synchronously. */
  readonly syncWriteBytes: number;
  /** Larger ones too, in steps, while the disk is quick; without it they go to the thread pool whole. */
  readonly pace?: WritePace;
  /** Flush each file to the disk before it gets its name. */
  readonly fsync: boolean;
  /** Files whose names are not taken from a file that lies there: it came since the run began, and the download fails. Default: none. */
  readonly keepsExisting?: (file: number) => boolean;
  /** How whole files are moved to another file system, which may take long. */
  readonly move?: MoveTerms;
  readonly disk?: Disk;
}

export interface MoveTerms {
  /** Bytes copied between two looks at the signal. */
  readonly stepBytes: number;
  /** Ends it: the file stays where it grew, and `finishFile` rejects with the reason. */
  readonly signal?: AbortSignal;
  readonly onStep?: () => void;
}

const DEFAULT_MOVE: MoveTerms = { stepBytes: 4_194_304 };
/** Files on their way to another file system: enough that small ones do not wait for the thread pool. */
const MOVES_AT_ONCE = 4;

export class FileStorage implements Storage {
  readonly #files: readonly MetainfoFile[];
  readonly #paths: FilePaths;
  readonly #layout: FileLayout;
  readonly #openFiles: OpenFiles;
  readonly #guard: DirectoryGuard;
  /** Of the folder where files grow; the same one where that is the output folder. */
  readonly #partsGuard: DirectoryGuard;
  readonly #move: MoveTerms;
  #moves = 0;
  /** Each move waits for the one before it in its lane: its two descriptors are none of those that `OpenFiles` counts. */
  readonly #lanes: Promise<void>[] = Array.from({ length: MOVES_AT_ONCE }, () => Promise.resolve());
  #nextLane = 0;
  readonly #finished: Set<number>;
  /** The descriptors of the files that have one. */
  readonly #open = new Map<number, OpenFile>();
  readonly #untouched: ReadonlySet<number> | undefined;
  readonly #isFinishedByOthers: boolean;
  readonly #syncWriteBytes: number;
  readonly #fsync: boolean;
  readonly #keepsExisting: (file: number) => boolean;
  readonly #pace: WritePace | null;
  readonly #disk: Disk;
  #writtenBytes = 0;

  constructor(options: FileStorageOptions) {
    this.#files = options.files;
    this.#paths = options.paths;
    this.#layout = FileLayout.of(options.files);
    this.#openFiles = options.openFiles;
    this.#disk = options.disk ?? REAL_DISK;
    const { folder, partsFolder } = options.paths;
    this.#guard = new DirectoryGuard(folder, this.#disk);
    this.#partsGuard = partsFolder === folder ? this.#guard : new DirectoryGuard(partsFolder, this.#disk);
    this.#move = options.move ?? DEFAULT_MOVE;
    this.#finished = new Set(options.finished);
    this.#untouched = options.untouched;
    this.#isFinishedByOthers = options.isFinishedByOthers === true;
    this.#syncWriteBytes = options.syncWriteBytes;
    this.#fsync = options.fsync;
    this.#keepsExisting = options.keepsExisting ?? (() => false);
    this.#pace = options.pace ?? null;
  }

  /** Bytes that were written so far, those included that are on their way. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Bytes of the files that don't have their names yet. */
  get unfinishedBytes(): number {
    const isUnfinished = (file: MetainfoFile, index: number): boolean =>
      !file.isPadding && !this.#finished.has(index) && this.#untouched?.has(index) !== true;
    return this.#files.filter(isUnfinished).reduce((sum, file) => sum + file.length, 0);
  }

  /** A whole file is on its way to another file system. */
  get isMoving(): boolean {
    return this.#moves > 0;
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void | Promise<void> {
    const slices = this.#layout.slices(offset, to - from);
    const pending: Promise<void>[] = [];
    for (const slice of slices) {
      if (slice.isPadding || this.#untouched?.has(slice.file) === true) continue;
      this.#writtenBytes += slice.length;
      const at = from + slice.offset;
      const isAtOnce = slice.length < this.#syncWriteBytes || this.#pace?.isQuick === true;
      if (!isAtOnce) {
        pending.push(this.#writeLater(slice, bytes, at, 0));
      } else if (pending.length === 0) {
        const done = this.#writeNow(slice, bytes, at);
        if (done < slice.length) pending.push(this.#writeLater(slice, bytes, at, done));
      } else {
        // An exception now would leave a write running on bytes that the caller takes back.
        pending.push(this.#writeAfter(slice, bytes, at));
      }
    }
    if (pending.length === 0) return undefined;
    return pending.length === 1 ? pending[0] : settleAll(pending);
  }

  async read(offset: number, length: number, into: Uint8Array, at: number): Promise<void> {
    for (const slice of this.#layout.slices(offset, length)) {
      const start = at + slice.offset;
      if (slice.isPadding) into.fill(0, start, start + slice.length);
      else await this.#read(slice, into, start);
    }
  }

  finishFile(file: number): void | Promise<void> {
    invariant(!this.#files[file].isPadding, 'a padding file has no name', { file });
    if (this.#finished.has(file)) return undefined;
    if (this.#files[file].length === 0 || this.#fsync) {
      const open = this.#acquire(file, true);
      if (this.#fsync) return this.#finishSynced(file, open);
      this.#openFiles.release(open);
    }
    return this.#rename(file);
  }

  releaseIdle(): void {
    for (const file of this.#open.keys()) this.#closeFile(file);
  }

  close(): void {
    this.releaseIdle();
  }

  async #finishSynced(file: number, open: OpenFile): Promise<void> {
    await this.#sync(open);
    await this.#rename(file);
  }

  /** A promise only where the file goes to another file system: until then it is read where it was. */
  #rename(file: number): void | Promise<void> {
    // Before the rename: closing is where some file systems tell that a write has failed.
    this.#closeFile(file);
    if (this.#guard !== this.#partsGuard) this.#guard.ensureFor(this.#files[file].path);
    const from = this.#paths.part(file);
    const to = this.#paths.name(file);
    const isKept = this.#keepsExisting(file);
    if (!moveWithin(from, to, isKept, this.#disk)) return this.#moveAcross(file, { from, to, isKept });
    this.#finished.add(file);
    return undefined;
  }

  async #moveAcross(file: number, places: Pick<MoveOptions, 'from' | 'to' | 'isKept'>): Promise<void> {
    const landing = (): string => {
      const copy = this.#paths.landing(file);
      return this.#guard === this.#partsGuard ? copy.beside : placeForCopy(copy, this.#disk);
    };
    const { length } = this.#files[file];
    const { signal } = this.#move;
    const lane = this.#nextLane++ % MOVES_AT_ONCE;
    const moving = this.#lanes[lane].then(() => {
      signal?.throwIfAborted();
      return moveAcross({ ...places, landing, length, ...this.#move, fsync: this.#fsync, disk: this.#disk });
    });
    this.#lanes[lane] = moving.catch(() => {});
    this.#moves++;
    try {
      await moving;
      // Read meanwhile: what is open is the file that is gone.
      this.#closeFile(file);
      this.#finished.add(file);
    } finally {
      this.#moves--;
    }
  }

  #closeFile(file: number): void {
    const open = this.#open.get(file);
    if (open === undefined) return;
    this.#openFiles.close(open);
    this.#open.delete(file);
  }

  /** The file's descriptor, pinned: the caller releases it. A part file is created where it is to be written. */
  #acquire(file: number, forWriting: boolean): OpenFile {
    const isFinished = this.#finished.has(file);
    invariant(!(forWriting && isFinished), 'a finished file is never written', { file });
    const open = this.#open.get(file);
    if (open !== undefined) {
      if (open.isOpen && (open.isWritable || !forWriting)) {
        this.#openFiles.acquire(open);
        return open;
      }
      this.#closeFile(file);
    }
    const components = this.#files[file].path;
    const path = isFinished ? this.#paths.name(file) : this.#paths.part(file);
    const guard = isFinished ? this.#guard : this.#partsGuard;
    if (forWriting) guard.ensureFor(components);
    else if (!guard.existsFor(components)) throw refuse('open', path, 'ENOENT');
    try {
      const opened = this.#openFiles.open(path, forWriting);
      this.#open.set(file, opened);
      return opened;
    } catch (error) {
      const isGone = error instanceof StorageError && error.detail.errno === 'ENOENT';
      if (!isGone || !this.#isFinishedByOthers || isFinished) throw error;
      this.#finished.add(file);
      return this.#acquire(file, forWriting);
    }
  }

  async #writeAfter(slice: FileSlice, bytes: Uint8Array, at: number): Promise<void> {
    await Promise.resolve();
    const done = this.#writeNow(slice, bytes, at);
    if (done < slice.length) await this.#writeLater(slice, bytes, at, done);
  }

  /** How many bytes of the slice were written: all of them, unless the disk turned slow on the way. */
  #writeNow(slice: FileSlice, bytes: Uint8Array, at: number): number {
    const open = this.#acquire(slice.file, true);
    const pace = this.#pace;
    let done = 0;
    const step = (): number => {
      const length = Math.min(slice.length - done, pace?.stepBytes ?? slice.length);
      return this.#disk.writeSync(open.fd, bytes, at + done, length, slice.fileOffset + done);
    };
    try {
      while (done < slice.length) {
        if (slice.length < this.#syncWriteBytes || pace === null) done += step();
        else if (pace.isQuick) done += pace.time(step);
        else break;
      }
      return done;
    } catch (error) {
      throw toStorageError('write', open.path, error);
    } finally {
      this.#openFiles.release(open);
    }
  }

  #writeLater(slice: FileSlice, bytes: Uint8Array, at: number, from: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const open = this.#acquire(slice.file, true);
      let done = from;
      const step = (): void => {
        const length = Math.min(slice.length - done, this.#pace?.stepBytes ?? slice.length);
        this.#disk.write(open.fd, bytes, at + done, length, slice.fileOffset + done, next);
      };
      const next = (error: NodeJS.ErrnoException | null, written: number): void => {
        done += written;
        if (error === null && done < slice.length) {
          step();
          return;
        }
        this.#openFiles.release(open);
        if (error === null) resolve();
        else reject(toStorageError('write', open.path, error));
      };
      step();
    });
  }

  #read(slice: FileSlice, into: Uint8Array, at: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const open = this.#acquire(slice.file, false);
      let done = 0;
      const next = (error: NodeJS.ErrnoException | null, count: number): void => {
        if (error === null) {
          done += count;
          if (count > 0 && done < slice.length) {
            this.#disk.read(open.fd, into, at + done, slice.length - done, slice.fileOffset + done, next);
            return;
          }
        }
        this.#openFiles.release(open);
        if (error !== null) reject(toStorageError('read', open.path, error));
        else if (done < slice.length) reject(refuse('read', open.path, 'ESHORT'));
        else resolve();
      };
      this.#disk.read(open.fd, into, at, slice.length, slice.fileOffset, next);
    });
  }

  #sync(open: OpenFile): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#disk.fsync(open.fd, (error) => {
        this.#openFiles.release(open);
        if (error === null) resolve();
        else reject(toStorageError('sync', open.path, error));
      });
    });
  }
}

/** Settles when all have; rejects with the first failure. */
async function settleAll(pending: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(pending);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
