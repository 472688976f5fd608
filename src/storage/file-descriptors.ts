// The descriptors of one torrent's files. Part files are created here, where they are first written, and opened again through the
// process-wide OpenFiles: on the loop while the disk is quick at that, else by the thread pool, where several
// open beside each other (see open-pace). A file that is being opened is opened once, for all who want it; a large one is ready when it
// has its space.

import type { MetainfoFile } from '../metainfo/metainfo.js';
import { invariant, StorageError } from '../model/error.js';
import type { DirectoryGuard } from './directory-guard.js';
import type { FilePaths } from './file-paths.js';
import type { OpenFile, OpenFiles } from './open-files.js';
import type { OpenPace } from './open-pace.js';
import type { SpaceReservation } from './space-reservation.js';
import { refuse } from './storage-failure.js';

export interface FileDescriptorsOptions {
  readonly files: readonly MetainfoFile[];
  readonly paths: FilePaths;
  /** Of the folder where whole files lie. */
  readonly guard: DirectoryGuard;
  /** Of the folder where files grow. */
  readonly partsGuard: DirectoryGuard;
  /** Files that have their own names; live, and added to where another run turns out to have given one. */
  readonly finished: Set<number>;
  readonly openFiles: OpenFiles;
  /** Null: files are always opened at once. */
  readonly pace: OpenPace | null;
  readonly reservation: SpaceReservation;
  readonly isFinishedByOthers: boolean;
}

export class FileDescriptors {
  readonly #files: readonly MetainfoFile[];
  readonly #paths: FilePaths;
  readonly #guard: DirectoryGuard;
  readonly #partsGuard: DirectoryGuard;
  readonly #finished: Set<number>;
  readonly #openFiles: OpenFiles;
  readonly #pace: OpenPace | null;
  readonly #reservation: SpaceReservation;
  readonly #isFinishedByOthers: boolean;
  readonly #open = new Map<number, OpenFile>();
  /** Files that the thread pool is opening, and when that has ended either way. */
  readonly #opening = new Map<number, Promise<void>>();
  #isClosed = false;

  constructor(options: FileDescriptorsOptions) {
    this.#files = options.files;
    this.#paths = options.paths;
    this.#guard = options.guard;
    this.#partsGuard = options.partsGuard;
    this.#finished = options.finished;
    this.#openFiles = options.openFiles;
    this.#pace = options.pace;
    this.#reservation = options.reservation;
    this.#isFinishedByOthers = options.isFinishedByOthers;
  }

  /** The file's descriptor, pinned: the caller releases it. A part file is created where it is to be written. */
  acquire(file: number, forWriting: boolean): OpenFile | Promise<OpenFile> {
    invariant(!(forWriting && this.#finished.has(file)), 'a finished file is never written', { file });
    const open = this.#acquireOpen(file, forWriting);
    if (open !== null) return open;
    const isBusy = this.#opening.has(file) || (forWriting && this.#reservation.isDue(file, this.#files[file].length));
    const isQuick = this.#pace === null || this.#pace.isQuick;
    return isQuick && !isBusy ? this.#acquireNow(file, forWriting) : this.#acquireLater(file, forWriting);
  }

  release(open: OpenFile): void {
    this.#openFiles.release(open);
  }

  /** Closed by its last user, where there is one. */
  closeFile(file: number): void {
    const open = this.#open.get(file);
    if (open === undefined) return;
    this.#openFiles.close(open);
    this.#open.delete(file);
  }

  releaseIdle(): void {
    for (const file of this.#open.keys()) this.closeFile(file);
  }

  close(): void {
    this.#isClosed = true;
    this.releaseIdle();
  }

  /** Null where it is not open, or only for reading. */
  #acquireOpen(file: number, forWriting: boolean): OpenFile | null {
    const open = this.#open.get(file);
    if (open === undefined || !open.isOpen || (forWriting && !open.isWritable)) return null;
    this.#openFiles.acquire(open);
    return open;
  }

  #acquireNow(file: number, forWriting: boolean): OpenFile {
    const path = this.#pathToOpen(file, forWriting);
    try {
      const open = (): OpenFile => this.#openFiles.open(path, forWriting);
      return this.#opened(file, this.#pace === null ? open() : this.#pace.time(open));
    } catch (error) {
      this.#expectFinished(file, error);
      return this.#acquireNow(file, forWriting);
    }
  }

  async #acquireLater(file: number, forWriting: boolean): Promise<OpenFile> {
    // Whoever comes first after that opens it again for all, where it could not be opened or only for reading.
    for (let opening = this.#opening.get(file); opening !== undefined; opening = this.#opening.get(file)) await opening;
    const open = this.#acquireOpen(file, forWriting);
    if (open !== null) return open;
    const wasFinished = this.#finished.has(file);
    const opening = this.#openReady(file, this.#pathToOpen(file, forWriting), forWriting);
    this.#opening.set(file, settled(opening));
    try {
      const opened = this.#opened(file, await opening);
      // It may be the part that was copied to its place and removed meanwhile: nobody else is to read there.
      if (!wasFinished && this.#finished.has(file)) this.closeFile(file);
      return opened;
    } catch (error) {
      // Named meanwhile by ourselves, it was looked for in the wrong place.
      if (wasFinished || !this.#finished.has(file)) this.#expectFinished(file, error);
    } finally {
      this.#opening.delete(file);
    }
    return this.acquire(file, forWriting);
  }

  async #openReady(file: number, path: string, forWriting: boolean): Promise<OpenFile> {
    const open = await this.#openFiles.openLater(path, forWriting);
    const { length } = this.#files[file];
    if (forWriting && this.#reservation.isDue(file, length)) await this.#reservation.reserve(file, open, length);
    return open;
  }

  #pathToOpen(file: number, forWriting: boolean): string {
    const { path: components } = this.#files[file];
    const isFinished = this.#finished.has(file);
    const path = isFinished ? this.#paths.name(file) : this.#paths.part(file);
    const guard = isFinished ? this.#guard : this.#partsGuard;
    if (forWriting) guard.ensureFor(components);
    else if (!guard.existsFor(components)) throw refuse('open', path, 'ENOENT');
    return path;
  }

  #opened(file: number, open: OpenFile): OpenFile {
    const before = this.#open.get(file);
    this.#open.set(file, open);
    try {
      if (before !== undefined) this.#openFiles.close(before);
    } catch (error) {
      this.#openFiles.release(open);
      throw error;
    }
    // Closed while the pool was at it: whoever asked is the last one to use it.
    if (this.#isClosed) this.closeFile(file);
    return open;
  }

  /** Where a part file is gone because another run has finished it, that is noted; everything else is a failure. */
  #expectFinished(file: number, error: unknown): void {
    const isGone = error instanceof StorageError && error.detail.errno === 'ENOENT';
    if (!isGone || !this.#isFinishedByOthers || this.#finished.has(file)) throw error;
    this.#finished.add(file);
  }
}

async function settled(opening: Promise<unknown>): Promise<void> {
  await Promise.allSettled([opening]);
}
