// What is known about the data beside it, so that the next run need not read it all. It vouches for a file only as long as
// the file has the same size and time as when it was written, and only within one boot of the machine unless it was flushed:
// what the kernel had accepted is lost with the power. Anything odd in it means that it is not there.

import path from 'node:path';
import type { Metainfo } from '../metainfo/metainfo.js';
import { Bitfield } from '../model/bitfield.js';
import { toHex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import { completeFiles } from './file-progress.js';
import type { FilePaths } from './file-paths.js';
import { countingStamp, type FileStamp, type FoundFile, scanFiles } from './file-scan.js';
import { readBootId } from './process-identity.js';
import { toStorageError } from './storage-failure.js';

const VERSION = 1;

/** A larger one is not ours: 100,000 files and 4 million pieces take less. */
const MAX_BYTES = 33_554_432;

export interface ResumeState {
  /** Pieces whose writes had returned. */
  readonly have: Bitfield;
  /** Whether the file as it is now is the one that was vouched for. */
  isTrusted(file: number, stamp: FileStamp | null): boolean;
}

export interface ResumeFileOptions {
  readonly metainfo: Metainfo;
  readonly paths: FilePaths;
  readonly disk?: Disk;
  /** Of this boot; read from the system where it is not given. */
  readonly bootId?: string | null;
}

export class ResumeFile {
  readonly path: string;
  readonly #metainfo: Metainfo;
  readonly #paths: FilePaths;
  readonly #disk: Disk;
  readonly #bootId: string | null;
  readonly #infoHash: string;
  /** Stamps of files that are whole: nobody writes to them any more. */
  readonly #whole = new Map<number, FileStamp>();

  constructor(options: ResumeFileOptions) {
    this.#metainfo = options.metainfo;
    this.#paths = options.paths;
    this.#disk = options.disk ?? REAL_DISK;
    this.#bootId = options.bootId === undefined ? readBootId() : options.bootId;
    const { v1, v2 } = options.metainfo.infoHash;
    this.#infoHash = toHex(v1 ?? v2 ?? new Uint8Array());
    this.path = path.join(options.paths.folder, `.effusion-${this.#infoHash.slice(0, 8)}.resume`);
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
    if (content === null || content.infoHash !== this.#infoHash) return null;
    if (content.files.length !== this.#metainfo.files.length) return null;
    const have = Bitfield.fromBytes(new Uint8Array(Buffer.from(content.pieces, 'base64')), this.#metainfo.geometry.pieceCount);
    if (have === null) return null;
    const isSameBoot = content.bootId !== null && content.bootId === this.#bootId;
    if (!isSameBoot && !content.synced) return null;
    const isTrusted = (file: number, stamp: FileStamp | null): boolean => {
      const vouched = content.files[file];
      return stamp !== null && vouched !== null && vouched[0] === stamp.size && vouched[1] === stamp.mtimeNs;
    };
    return { have, isTrusted };
  }

  /**
   * Writes the state: `have` are the pieces whose writes have returned, now. `synced`: the files were flushed to the disk after
   * the last write. Synchronous and atomic (a new file takes the old one's place). With no piece there is nothing to say: then
   * the file is removed. Throws a StorageError.
   */
  save(have: Bitfield, options: { readonly synced: boolean }): void {
    if (have.isEmpty) {
      this.remove();
      return;
    }
    // Stamps first: a write that comes in between makes a file look changed, never a piece look written.
    const stamps = this.#stamps(have);
    const content = {
      version: VERSION,
      infoHash: this.#infoHash,
      bootId: this.#bootId,
      synced: options.synced,
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

  #stamps(have: Bitfield): (FileStamp | null)[] {
    const { files, geometry } = this.#metainfo;
    const complete = completeFiles(files, geometry, have);
    const unsettled = files.map((file, index) => (this.#whole.has(index) ? { ...file, isPadding: true } : file));
    const found: FoundFile[] = scanFiles({ metainfo: { files: unsettled }, paths: this.#paths, disk: this.#disk });
    return found.map((file, index) => {
      const stamp = this.#whole.get(index) ?? countingStamp(file);
      if (stamp !== null && file.part === null && complete.has(index)) this.#whole.set(index, stamp);
      return stamp;
    });
  }
}
