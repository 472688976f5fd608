// What is known about the data beside it, so that the next run need not read it all. It vouches for a file only as long as
// the file has the same size and time as when it was written, and only within one boot of the machine unless it was flushed:
// what the kernel had accepted is lost with the power. An end in order flushes (see `flush`), so that a restart of the machine
// after it costs nothing. Anything odd in it means that it is not there.

import path from 'node:path';
import type { Metainfo } from '../metainfo/metainfo.js';
import { FileLayout } from '../metainfo/file-layout.js';
import { sha1 } from '../hash/digest.js';
import { Bitfield } from '../model/bitfield.js';
import { toHex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import { completeFiles } from './file-progress.js';
import type { FilePaths } from './file-paths.js';
import { countingPath, countingStamp, type FileStamp, type FoundFile, scanFiles } from './file-scan.js';
import { type Flush, flushInProcess } from './flush-process.js';
import { readBootId } from './process-identity.js';
import { toStorageError } from './storage-failure.js';

const VERSION = 1;

/** A larger one is not ours: 100,000 files and 4 million pieces take less. */
const MAX_BYTES = 33_554_432;

/** With these a flush says that the device has lost what the kernel had accepted; others say that it could not be done. */
const LOSSES = new Set(['EIO', 'ENOSPC', 'EDQUOT']);

export interface ResumeState {
  /** Pieces whose writes had returned. */
  readonly have: Bitfield;
  /** Whether the file as it is now is the one that was vouched for. */
  isTrusted(file: number, stamp: FileStamp | null): boolean;
}

export interface ResumeFileOptions {
  readonly metainfo: Metainfo;
  readonly paths: FilePaths;
  /** The torrent's files are not where it says, or not all in one folder. */
  readonly isPlaced?: boolean;
  /** Files that are to be made; default all. Whatever lies in the place of another one is no reason to keep no state. */
  readonly isChosen?: (file: number) => boolean;
  readonly disk?: Disk;
  /** Of this boot; read from the system where it is not given. */
  readonly bootId?: string | null;
  readonly flush?: Flush;
}

/** What the disk is known to hold: these pieces, as long as the files look like this. */
interface Flushed {
  readonly have: Bitfield;
  readonly stamps: readonly (FileStamp | null)[];
}

export class ResumeFile {
  readonly path: string;
  readonly #metainfo: Metainfo;
  readonly #paths: FilePaths;
  readonly #isChosen: (file: number) => boolean;
  readonly #disk: Disk;
  readonly #bootId: string | null;
  readonly #flush: Flush;
  readonly #infoHash: string;
  /** Of the places that files have: another file of the torrent may have lain there, as large and as old. */
  readonly #placement: string | undefined;
  /** Stamps of files that are whole, or that are not to be made: nobody writes to them any more. */
  readonly #whole = new Map<number, FileStamp>();
  /** Where those lie that are not to be made; null before they were looked at. */
  #others: ReadonlyMap<number, string> | null = null;
  /** Files that the device has lost something of. */
  readonly #lost = new Set<number>();
  #flushed: Flushed | null = null;

  constructor(options: ResumeFileOptions) {
    this.#metainfo = options.metainfo;
    this.#paths = options.paths;
    this.#isChosen = options.isChosen ?? (() => true);
    this.#disk = options.disk ?? REAL_DISK;
    this.#bootId = options.bootId === undefined ? readBootId() : options.bootId;
    this.#flush = options.flush ?? flushInProcess;
    const { v1, v2 } = options.metainfo.infoHash;
    this.#infoHash = toHex(v1 ?? v2 ?? new Uint8Array());
    this.#placement = placementOf(options);
    this.path = path.join(options.paths.partsFolder, `.effusion-${this.#infoHash.slice(0, 8)}.resume`);
  }

  /** Null where there is none, or none that can be used. */
  async load(): Promise<ResumeState | null> {
    let text: string;
    try {
      const stat = this.#disk.lstatSync(this.path, { throwIfNoEntry: false });
      if (stat === undefined || !stat.isFile() || stat.size > MAX_BYTES) return null;
      text = this.#disk.readFileSync(this.path, 'utf8');
    } catch {
      return null;
    }
    // Loaded when there is something to read: most runs begin with nothing.
    const { parseResume } = await import('./resume-format.js');
    const content = parseResume(text);
    if (content === null || content.infoHash !== this.#infoHash || content.placement !== this.#placement) return null;
    if (content.files.length !== this.#metainfo.files.length) return null;
    const have = Bitfield.fromBytes(new Uint8Array(Buffer.from(content.pieces, 'base64')), this.#metainfo.geometry.pieceCount);
    if (have === null) return null;
    const isSameBoot = content.bootId !== null && content.bootId === this.#bootId;
    if (!isSameBoot && !content.synced) return null;
    if (content.synced) {
      const stamps = content.files.map((vouched) => (vouched === null ? null : { size: vouched[0], mtimeNs: vouched[1] }));
      this.#flushed = { have: have.clone(), stamps };
    }
    const isTrusted = (file: number, stamp: FileStamp | null): boolean => {
      const vouched = content.files[file];
      return stamp !== null && vouched !== null && vouched[0] === stamp.size && vouched[1] === stamp.mtimeNs;
    };
    return { have, isTrusted };
  }

  /**
   * Writes the state: `have` are the pieces whose writes have returned, now. Synchronous and atomic (a new file takes the old
   * one's place). With no piece there is nothing to say: then the file is removed. Throws a StorageError.
   */
  save(have: Bitfield): void {
    if (have.isEmpty) {
      this.remove();
      return;
    }
    // Stamps first: a write that comes in between makes a file look changed, never a piece look written.
    const { stamps } = this.#look(have);
    const content = {
      version: VERSION,
      infoHash: this.#infoHash,
      ...(this.#placement === undefined ? {} : { placement: this.#placement }),
      bootId: this.#bootId,
      synced: this.#isFlushed(have, stamps),
      pieces: Buffer.from(have.toBytes()).toString('base64'),
      files: stamps.map((stamp) => (stamp === null ? null : [stamp.size, stamp.mtimeNs])),
    };
    const draft = `${this.path}.new`;
    try {
      this.#disk.writeFileSync(draft, `${JSON.stringify(content)}\n`);
      this.#disk.renameSync(draft, this.path);
    } catch (error) {
      throw toStorageError('write', this.path, error);
    }
  }

  /**
   * For an end in order, when nobody writes any more: saves, flushes the files that are vouched for, and saves again, as flushed.
   * Where the signal comes first, or something can't be flushed, the first of the two stays. Rejects with a StorageError.
   */
  async flush(written: Bitfield, signal: AbortSignal): Promise<void> {
    // A piece that is written later, against the rule, must not be taken for one that was flushed.
    const have = written.clone();
    this.save(have);
    const { stamps, found } = this.#look(have);
    if (have.isEmpty || this.#isFlushed(have, stamps)) return;
    const files = this.#unflushedFiles(have, stamps);
    const paths = files.map(
      (file) => countingPath(found[file], this.#paths, file) ?? this.#others?.get(file) ?? this.#paths.name(file),
    );
    const results = await this.#flush(paths, signal);
    // After the signal the folder may be somebody else's.
    if (results === null || signal.aborted) return;
    for (const [index, errno] of results.entries()) if (errno !== null && LOSSES.has(errno)) this.#lost.add(files[index]);
    const isFlushed = results.every((errno) => errno === null || LOSSES.has(errno));
    // Network file systems set a file's time when it reaches the server, hence a second look.
    if (isFlushed) this.#flushed = { have, stamps: this.#look(have).stamps };
    this.save(have);
  }

  /** The data is whole: nothing is left to say. Never throws. */
  remove(): void {
    for (const file of [this.path, `${this.path}.new`]) {
      try {
        this.#disk.unlinkSync(file);
      } catch {
        // It was not there, or can't be removed: then it is ignored by its stamps.
      }
    }
  }

  /** Everything in it was flushed, by this run or an earlier one, and not written to since. */
  #isFlushed(have: Bitfield, stamps: readonly (FileStamp | null)[]): boolean {
    const flushed = this.#flushed;
    if (flushed === null || stamps.some((stamp, file) => !isSame(stamp, flushed.stamps[file]))) return false;
    for (const piece of have) if (!flushed.have.has(piece)) return false;
    return true;
  }

  /** Files with a piece that is not known to be on the disk. */
  #unflushedFiles(have: Bitfield, stamps: readonly (FileStamp | null)[]): number[] {
    const { files, geometry } = this.#metainfo;
    const flushed = this.#flushed;
    const layout = FileLayout.of(files);
    const unflushed = new Set<number>();
    for (const piece of have) {
      const isNew = flushed?.have.has(piece) !== true;
      for (const { file } of layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))) {
        if (stamps[file] === null) continue;
        if (isNew || !isSame(stamps[file], flushed.stamps[file])) unflushed.add(file);
      }
    }
    return [...unflushed];
  }

  #look(have: Bitfield): { found: readonly FoundFile[]; stamps: readonly (FileStamp | null)[] } {
    const { files, geometry } = this.#metainfo;
    const complete = completeFiles(files, geometry, have);
    const isLenient = (file: number): boolean => !this.#isChosen(file);
    const isSettled = (file: number): boolean => this.#whole.has(file) || (this.#others !== null && isLenient(file));
    const unsettled = files.map((file, index) => (isSettled(index) ? { ...file, isPadding: true } : file));
    const found = scanFiles({ metainfo: { files: unsettled }, paths: this.#paths, isLenient, disk: this.#disk });
    this.#others ??= new Map(
      found.flatMap((file, index) => {
        const location = isLenient(index) ? countingPath(file, this.#paths, index) : null;
        return location === null ? [] : [[index, location] as const];
      }),
    );
    const stamps = found.map((file, index) => {
      const stamp = this.#whole.get(index) ?? countingStamp(file);
      if (stamp !== null && ((file.part === null && complete.has(index)) || isLenient(index))) this.#whole.set(index, stamp);
      return this.#lost.has(index) ? null : stamp;
    });
    return { found, stamps };
  }
}

/** Undefined where every file is where the torrent says: what earlier versions wrote counts then. */
function placementOf({ metainfo, paths, isPlaced }: ResumeFileOptions): string | undefined {
  if (isPlaced !== true) return undefined;
  const folder = paths.partsFolder === paths.folder ? '' : path.resolve(paths.folder);
  const places = [folder, ...metainfo.files.map((file) => file.path.join('/'))].join('\0');
  return toHex(sha1(new TextEncoder().encode(places)));
}

/** Nothing to vouch for is as good as flushed. */
function isSame(stamp: FileStamp | null, flushed: FileStamp | null | undefined): boolean {
  return stamp === null || (stamp.size === flushed?.size && stamp.mtimeNs === flushed.mtimeNs);
}
