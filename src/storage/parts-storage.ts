// A torrent's files of which some were not chosen, and the parts file: pieces that lie in both kinds go to the parts file whole, and their
// share of the chosen files to these. Such a piece is read back from the parts file alone. Everything else is as without a choice.

import type { FileLayout } from '../metainfo/file-layout.js';
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
  /** Where each file of the torrent begins, and which are padding. */
  readonly layout: FileLayout;
  readonly parts: PartsFile;
  /** Pieces that lie in the parts file, or will. */
  readonly resident: ReadonlySet<PieceIndex>;
  /** Files that are there and stay: compared with what has come of them, in place of getting a name. Default: none. */
  readonly kept?: ReadonlySet<number>;
  /** For messages. */
  readonly nameOf?: (file: number) => string;
  readonly geometry: Geometry;
  readonly folder: string;
  readonly openFiles: OpenFiles;
  /** The parts file is another run's, which may remove it: it is there now, and is read to the end, name or no name. Default false. */
  readonly isOfOthers?: boolean;
  readonly disk?: Disk;
}

/** Bytes compared at a time. */
const COMPARE_BYTES = 262_144;

export class PartsStorage implements Storage {
  readonly #options: PartsStorageOptions;
  readonly #guard: DirectoryGuard;
  readonly #layout: FileLayout;
  readonly #disk: Disk;
  #open: OpenFile | null = null;
  /** Never closed before the end. */
  readonly #pinned: OpenFile | null;
  #writtenBytes = 0;

  /** Throws a StorageError where the file of others is not there. */
  constructor(options: PartsStorageOptions) {
    const { openFiles, parts, isOfOthers = false } = options;
    this.#options = options;
    this.#pinned = isOfOthers ? openFiles.openKept(parts.path) : null;
    this.#layout = options.layout;
    this.#disk = options.disk ?? REAL_DISK;
    this.#guard = new DirectoryGuard(options.folder, this.#disk);
  }

  /** Bytes that were written to the parts file so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void | Promise<void> {
    // In place first: what the files get of a piece must not be there without the rest of it.
    for (const stretch of this.#stretches(offset, to - from)) {
      if (stretch.slotAt !== null) this.#writeSlot(stretch.slotAt, bytes, from + stretch.offset, stretch.length);
    }
    return this.#options.files.write(offset, bytes, from, to);
  }

  async read(offset: number, length: number, into: Uint8Array, at: number): Promise<void> {
    for (const stretch of this.#stretches(offset, length)) {
      const start = at + stretch.offset;
      if (stretch.slotAt === null) await this.#options.files.read(offset + stretch.offset, stretch.length, into, start);
      else await this.#readSlot(stretch.slotAt, stretch.length, into, start);
    }
    for (const slice of this.#layout.slices(offset, length)) {
      if (slice.isPadding) into.fill(0, at + slice.offset, at + slice.offset + slice.length);
    }
  }

  finishFile(file: number): void | Promise<void> {
    return this.#options.kept?.has(file) === true ? this.#compare(file) : this.#options.files.finishFile(file);
  }

  releaseIdle(): void {
    this.#closeOwn();
    this.#options.files.releaseIdle();
  }

  close(): void {
    this.#closeOwn();
    if (this.#pinned?.isOpen === true) {
      this.#options.openFiles.close(this.#pinned);
      this.#options.openFiles.release(this.#pinned);
    }
    this.#options.files.close();
  }

  /** Rejects with a StorageError (`EEXIST`) where the file has other bytes than its pieces. */
  async #compare(file: number): Promise<void> {
    const { geometry, resident, parts, files, nameOf } = this.#options;
    const range = this.#layout.piecesOf(file, geometry);
    // Whatever was missing of it is shared, and only the pieces at its edges are.
    for (const piece of new Set(range === null ? [] : [range.first, range.last])) {
      const slot = resident.has(piece) ? parts.offsetOf(piece) : null;
      if (slot === null) continue;
      const start = geometry.pieceOffset(piece);
      for (const slice of this.#layout.slices(start, geometry.pieceLength(piece))) {
        if (slice.file !== file) continue;
        const step = Math.min(COMPARE_BYTES, slice.length);
        const [expected, there] = [Buffer.allocUnsafe(step), Buffer.allocUnsafe(step)];
        for (let at = slice.offset; at < slice.offset + slice.length; at += step) {
          const length = Math.min(step, slice.offset + slice.length - at);
          await this.#readSlot(slot + at, length, expected, 0);
          await files.read(start + at, length, there, 0);
          if (expected.compare(there, 0, length, 0, length) !== 0)
            throw refuse('open', nameOf?.(file) ?? `file ${file}`, 'EEXIST');
        }
      }
    }
  }

  /** The range cut where it goes from the files to the parts file and back: `offset` from its start, `slotAt` in the parts file. */
  #stretches(offset: number, length: number): { offset: number; length: number; slotAt: number | null }[] {
    const { geometry, resident, parts } = this.#options;
    const stretches: { offset: number; length: number; slotAt: number | null }[] = [];
    const end = offset + length;
    for (let at = offset; at < end;) {
      const piece = Math.floor(at / geometry.standardPieceLength) as PieceIndex;
      const start = geometry.pieceOffset(piece);
      const stop = Math.min(end, start + geometry.standardPieceLength);
      const slot = resident.has(piece) ? parts.offsetOf(piece) : null;
      const last = stretches.at(-1);
      if (slot === null && last?.slotAt === null) last.length += stop - at;
      else stretches.push({ offset: at - offset, length: stop - at, slotAt: slot === null ? null : slot + at - start });
      at = stop;
    }
    return stretches;
  }

  #writeSlot(position: number, bytes: Uint8Array, from: number, length: number): void {
    const open = this.#acquire(true);
    try {
      for (let done = 0; done < length;) {
        done += this.#disk.writeSync(open.fd, bytes, from + done, length - done, position + done);
      }
      this.#writtenBytes += length;
    } catch (error) {
      throw toStorageError('write', open.path, error);
    } finally {
      this.#options.openFiles.release(open);
    }
  }

  async #readSlot(position: number, length: number, into: Uint8Array, at: number): Promise<void> {
    const open = this.#acquire(false);
    try {
      for (let done = 0; done < length;) {
        const read = await this.#readOnce(open, into, at + done, length - done, position + done);
        if (read === 0) throw refuse('read', open.path, 'ESHORT');
        done += read;
      }
    } finally {
      this.#options.openFiles.release(open);
    }
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
    if (this.#pinned !== null) {
      openFiles.acquire(this.#pinned);
      return this.#pinned;
    }
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
