// A torrent's files on a real disk. They grow under their part names and get their own when they are whole. Slices are
// written synchronously while the disk takes them at the speed of memory, large ones by the thread pool when it does not:
// measured, asynchronous writes cost up to twice the CPU, and a slow disk must not stop the loop (see write-pace). Files open lazily,
// through the process-wide OpenFiles, on the loop or by the pool by the same reasoning (see open-pace).

import { FileLayout } from '../metainfo/file-layout.js';
import type { FileSlice } from '../metainfo/file-layout.js';
import type { MetainfoFile } from '../metainfo/metainfo.js';
import { invariant } from '../model/error.js';
import { DirectoryGuard } from './directory-guard.js';
import type { DiskPace } from './disk-pace.js';
import { type Disk, REAL_DISK } from './disk.js';
import { placeForCopy } from './file-copy.js';
import { FileDescriptors } from './file-descriptors.js';
import { moveAcross, type MoveOptions, moveWithin } from './file-move.js';
import type { FilePaths } from './file-paths.js';
import type { OpenFile, OpenFiles } from './open-files.js';
import { SpaceReservation } from './space-reservation.js';
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
  /**
   * `writes`: larger ones too, in steps, while the disk is quick; without it they go to the thread pool whole. `opens`: files are opened
   * at once while the disk is quick at that, else by the thread pool; without it always at once.
   */
  readonly pace?: { readonly opens?: DiskPace['opens']; readonly writes?: DiskPace['writes'] };
  /** Flush each file to the disk before it gets its name. */
  readonly fsync: boolean;
  /** Files whose names are not taken from a file that lies there: it came since the run began, and the download fails. Default: none. */
  readonly keepsExisting?: (file: number) => boolean;
  /** How whole files are moved to another file system, which may take long. */
  readonly move?: MoveTerms;
  /** Sets space aside for large files. Default: none. */
  readonly reservation?: SpaceReservation;
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
  readonly #guard: DirectoryGuard;
  /** Of the folder where files grow; the same one where that is the output folder. */
  readonly #partsGuard: DirectoryGuard;
  readonly #move: MoveTerms;
  #moves = 0;
  /** Each move waits for the one before it in its lane: its two descriptors are none of those that `OpenFiles` counts. */
  readonly #lanes: Promise<void>[] = Array.from({ length: MOVES_AT_ONCE }, () => Promise.resolve());
  #nextLane = 0;
  readonly #finished: Set<number>;
  readonly #descriptors: FileDescriptors;
  readonly #untouched: ReadonlySet<number> | undefined;
  readonly #syncWriteBytes: number;
  readonly #fsync: boolean;
  readonly #keepsExisting: (file: number) => boolean;
  readonly #pace: WritePace | null;
  readonly #reservation: SpaceReservation;
  readonly #disk: Disk;

  constructor(options: FileStorageOptions) {
    this.#files = options.files;
    this.#paths = options.paths;
    this.#layout = FileLayout.of(options.files);
    this.#disk = options.disk ?? REAL_DISK;
    const { folder, partsFolder } = options.paths;
    this.#guard = new DirectoryGuard(folder, this.#disk);
    this.#partsGuard = partsFolder === folder ? this.#guard : new DirectoryGuard(partsFolder, this.#disk);
    this.#move = options.move ?? DEFAULT_MOVE;
    this.#finished = new Set(options.finished);
    const { openFiles, isFinishedByOthers = false, pace = {}, reservation = SpaceReservation.none() } = options;
    this.#reservation = reservation;
    this.#descriptors = new FileDescriptors({
      files: this.#files,
      paths: this.#paths,
      guard: this.#guard,
      partsGuard: this.#partsGuard,
      finished: this.#finished,
      openFiles,
      pace: pace.opens ?? null,
      reservation,
      isFinishedByOthers,
    });
    this.#untouched = options.untouched;
    this.#syncWriteBytes = options.syncWriteBytes;
    this.#fsync = options.fsync;
    this.#keepsExisting = options.keepsExisting ?? (() => false);
    this.#pace = pace.writes ?? null;
  }

  /** Bytes that take up space by what was done here: written, being written, or set aside. */
  get takenBytes(): number {
    return this.#reservation.takenBytes;
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
    for (let index = 0; index < slices.length; index++) {
      const later = this.#writeSlice(slices[index], bytes, from);
      if (later !== undefined) return index + 1 < slices.length ? this.#writeRest(later, slices, index + 1, bytes, from) : later;
    }
    return undefined;
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
    if (this.#files[file].length > 0 && !this.#fsync) return this.#rename(file);
    const open = this.#descriptors.acquire(file, true);
    if (this.#fsync || open instanceof Promise) return this.#finishLater(file, open);
    this.#descriptors.release(open);
    return this.#rename(file);
  }

  releaseIdle(): void {
    this.#descriptors.releaseIdle();
  }

  close(): void {
    this.#descriptors.close();
  }

  async #finishLater(file: number, opening: OpenFile | Promise<OpenFile>): Promise<void> {
    const open = await opening;
    if (this.#fsync) await this.#sync(open);
    else this.#descriptors.release(open);
    await this.#rename(file);
  }

  /** A promise only where the file goes to another file system: until then it is read where it was. */
  #rename(file: number): void | Promise<void> {
    // Before the rename: closing is where some file systems tell that a write has failed.
    this.#descriptors.closeFile(file);
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
      this.#descriptors.closeFile(file);
      this.#finished.add(file);
    } finally {
      this.#moves--;
    }
  }

  async #writeRest(
    first: Promise<void>,
    slices: readonly FileSlice[],
    from: number,
    bytes: Uint8Array,
    start: number,
  ): Promise<void> {
    await first;
    for (let index = from; index < slices.length; index++) {
      const later = this.#writeSlice(slices[index], bytes, start);
      if (later !== undefined) await later;
    }
  }

  /** Bytes of the slice begin at `start` and its own offset. */
  #writeSlice(slice: FileSlice, bytes: Uint8Array, start: number): void | Promise<void> {
    if (slice.isPadding || this.#untouched?.has(slice.file) === true) return undefined;
    const open = this.#descriptors.acquire(slice.file, true);
    if (open instanceof Promise) return open.then((opened) => this.#writeTo(opened, slice, bytes, start));
    return this.#writeTo(open, slice, bytes, start);
  }

  #writeTo(open: OpenFile, slice: FileSlice, bytes: Uint8Array, start: number): void | Promise<void> {
    this.#reservation.count(slice.file, slice.length);
    const at = start + slice.offset;
    const done = this.#reservation.isAtWork(slice.file) ? 0 : this.#writeNow(open, slice, bytes, at);
    if (done < slice.length) return this.#writeLater(open, slice, bytes, at, done);
    this.#descriptors.release(open);
    return undefined;
  }

  /** How many bytes of the slice were written: not all of them where the disk is slow, or turned slow on the way. */
  #writeNow(open: OpenFile, slice: FileSlice, bytes: Uint8Array, at: number): number {
    const pace = this.#pace;
    let done = 0;
    const step = (): number => {
      const length = Math.min(slice.length - done, pace?.stepBytes ?? slice.length);
      return this.#disk.writeSync(open.fd, bytes, at + done, length, slice.fileOffset + done);
    };
    try {
      while (done < slice.length) {
        if (slice.length < this.#syncWriteBytes) done += step();
        else if (pace?.isQuick === true) done += pace.time(step);
        else break;
      }
      return done;
    } catch (error) {
      this.#descriptors.release(open);
      throw toStorageError('write', open.path, error);
    }
  }

  #writeLater(open: OpenFile, slice: FileSlice, bytes: Uint8Array, at: number, from: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
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
        this.#descriptors.release(open);
        if (error === null) resolve();
        else reject(toStorageError('write', open.path, error));
      };
      step();
    });
  }

  async #read(slice: FileSlice, into: Uint8Array, at: number): Promise<void> {
    const acquired = this.#descriptors.acquire(slice.file, false);
    await this.#readFrom(acquired instanceof Promise ? await acquired : acquired, slice, into, at);
  }

  #readFrom(open: OpenFile, slice: FileSlice, into: Uint8Array, at: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let done = 0;
      const next = (error: NodeJS.ErrnoException | null, count: number): void => {
        if (error === null) {
          done += count;
          if (count > 0 && done < slice.length) {
            this.#disk.read(open.fd, into, at + done, slice.length - done, slice.fileOffset + done, next);
            return;
          }
        }
        this.#descriptors.release(open);
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
        this.#descriptors.release(open);
        if (error === null) resolve();
        else reject(toStorageError('sync', open.path, error));
      });
    });
  }
}
