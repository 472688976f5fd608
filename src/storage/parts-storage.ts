// A torrent's files of which some were not chosen, and the parts file: pieces that lie in both kinds go to the parts file whole, and their
// share of the chosen files to these. Such a piece is read back from the parts file alone. Everything else is as without a choice.

import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, REAL_DISK } from './disk.js';
import type { OpenFile, OpenFiles } from './open-files.js';
import type { PartsFile } from './parts-file.js';
import { refuse, toStorageError } from './storage-failure.js';
import type { Storage } from './storage.js';

export interface PartsStorageOptions {
  /** Leaves out what was not chosen. */
  readonly files: Storage;
  readonly parts: PartsFile;
  /** Pieces that lie in the parts file, or will. */
  readonly resident: ReadonlySet<PieceIndex>;
  readonly geometry: Geometry;
  readonly folder: string;
  readonly openFiles: OpenFiles;
  readonly disk?: Disk;
}

export class PartsStorage implements Storage {
  readonly #options: PartsStorageOptions;
  readonly #guard: DirectoryGuard;
  readonly #disk: Disk;
  #open: OpenFile | null = null;

  constructor(options: PartsStorageOptions) {
    this.#options = options;
    this.#disk = options.disk ?? REAL_DISK;
    this.#guard = new DirectoryGuard(options.folder, this.#disk);
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void | Promise<void> {
    const at = this.#slotAt(offset);
    if (at !== null) {
      // In place first: what the files get of a piece that is verified must not outlive what the rest of it needs.
      const open = this.#acquire(true);
      try {
        for (let done = from; done < to;) done += this.#disk.writeSync(open.fd, bytes, done, to - done, at + done - from);
      } catch (error) {
        throw toStorageError('write', open.path, error);
      } finally {
        this.#options.openFiles.release(open);
      }
    }
    return this.#options.files.write(offset, bytes, from, to);
  }

  async read(offset: number, length: number, into: Uint8Array, at: number): Promise<void> {
    const start = this.#slotAt(offset);
    if (start === null) {
      await this.#options.files.read(offset, length, into, at);
      return;
    }
    const open = this.#acquire(false);
    try {
      for (let done = 0; done < length;) {
        const read = await this.#readOnce(open, into, at + done, length - done, start + done);
        if (read === 0) throw refuse('read', open.path, 'ESHORT');
        done += read;
      }
    } finally {
      this.#options.openFiles.release(open);
    }
  }

  finishFile(file: number): void | Promise<void> {
    return this.#options.files.finishFile(file);
  }

  releaseIdle(): void {
    this.#closeOwn();
    this.#options.files.releaseIdle();
  }

  close(): void {
    this.#closeOwn();
    this.#options.files.close();
  }

  /** Where a byte of the torrent lies in the parts file; null: it is not there. Writes and reads stay within a piece. */
  #slotAt(offset: number): number | null {
    const { geometry, resident, parts } = this.#options;
    const piece = Math.floor(offset / geometry.standardPieceLength) as PieceIndex;
    const start = resident.has(piece) ? parts.offsetOf(piece) : null;
    return start === null ? null : start + offset - geometry.pieceOffset(piece);
  }

  #readOnce(open: OpenFile, into: Uint8Array, at: number, length: number, position: number): Promise<number> {
    return new Promise<number>((resolve, reject) => {
      this.#disk.read(open.fd, into, at, length, position, (error, read) => {
        if (error === null) resolve(read);
        else reject(toStorageError('read', open.path, error));
      });
    });
  }

  /** The descriptor, pinned: the caller releases it. */
  #acquire(forWriting: boolean): OpenFile {
    const { openFiles, parts } = this.#options;
    if (this.#open?.isOpen === true && (this.#open.isWritable || !forWriting)) {
      openFiles.acquire(this.#open);
      return this.#open;
    }
    this.#closeOwn();
    if (forWriting) this.#guard.ensureFor(parts.components);
    this.#open = openFiles.open(parts.path, forWriting);
    return this.#open;
  }

  #closeOwn(): void {
    if (this.#open !== null) this.#options.openFiles.close(this.#open);
    this.#open = null;
  }
}
