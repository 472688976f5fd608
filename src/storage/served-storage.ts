// What is served and belongs to others, who may write to it after it was hashed: a peer that gets a wrong block bans us, and we would send it
// to the next one too. A file that has the stamp of the check is as it was then. Of any other each piece is hashed anew before a byte of it is
// handed out; what a download finishes meanwhile stays right, and so is served on. Not from a BEP.

import { sha1 } from '../hash/digest.js';
import type { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { matchesPieceHash } from '../metainfo/piece-hashes.js';
import type { PieceIndex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import type { FilePaths } from './file-paths.js';
import { countingPath, countingStamp, type FoundFile, stampOf } from './file-scan.js';
import { refuse } from './storage-failure.js';
import type { Storage } from './storage.js';

export interface ServedStorageOptions {
  readonly storage: Storage;
  readonly metainfo: Pick<Metainfo, 'geometry' | 'pieceHashes'>;
  readonly layout: FileLayout;
  readonly paths: FilePaths;
  /** Of the check. */
  readonly found: readonly FoundFile[];
  readonly disk?: Disk;
}

export class ServedStorage implements Storage {
  readonly #options: ServedStorageOptions;
  /** The last piece that was hashed anew: peers ask for all of it. One is held, and one is read at a time. */
  #right: { readonly piece: PieceIndex; readonly bytes: Uint8Array } | null = null;
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: ServedStorageOptions) {
    this.#options = options;
  }

  write(offset: number, bytes: Uint8Array, from: number, to: number): void | Promise<void> {
    return this.#options.storage.write(offset, bytes, from, to);
  }

  finishFile(file: number): void | Promise<void> {
    return this.#options.storage.finishFile(file);
  }

  /** Rejects with a StorageError (`ECHANGED`) where the bytes are not those of the torrent any more. */
  async read(offset: number, length: number, into: Uint8Array, at: number): Promise<void> {
    await this.#options.storage.read(offset, length, into, at);
    // Behind the read: what was written before it is seen.
    const changed = this.#findChanged(offset, length);
    if (changed === null) return;
    const { standardPieceLength } = this.#options.metainfo.geometry;
    for (let done = 0; done < length;) {
      const piece = Math.floor((offset + done) / standardPieceLength) as PieceIndex;
      const begin = (offset + done) % standardPieceLength;
      const bytes = await this.#inTurn(() => this.#rightBytes(piece, changed));
      const part = bytes.subarray(begin, begin + length - done);
      into.set(part, at + done);
      done += part.length;
    }
  }

  releaseIdle(): void {
    this.#right = null;
    this.#options.storage.releaseIdle();
  }

  close(): void {
    this.#right = null;
    this.#options.storage.close();
  }

  /** A file of these bytes that is not as the check found it; the piece may lie elsewhere, or be right all the same. */
  #findChanged(offset: number, length: number): string | null {
    const { layout, paths, found, disk = REAL_DISK } = this.#options;
    for (const { file, isPadding } of layout.slices(offset, length)) {
      if (isPadding) continue;
      const path = countingPath(found[file], paths, file) ?? paths.name(file);
      const then = countingStamp(found[file]);
      const now = stampIfThere(path, disk);
      if (then === null || now?.mtimeNs !== then.mtimeNs || now.size !== then.size) return path;
    }
    return null;
  }

  async #rightBytes(piece: PieceIndex, changed: string): Promise<Uint8Array> {
    if (this.#right?.piece === piece) return this.#right.bytes;
    const { geometry, pieceHashes } = this.#options.metainfo;
    const bytes = Buffer.allocUnsafeSlow(geometry.pieceLength(piece));
    await this.#options.storage.read(geometry.pieceOffset(piece), bytes.length, bytes, 0);
    if (!matchesPieceHash(pieceHashes, piece, sha1(bytes))) throw refuse('read', changed, 'ECHANGED');
    this.#right = { piece, bytes };
    return bytes;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(work);
    this.#line = turn.catch(() => undefined);
    return turn;
  }
}

function stampIfThere(path: string, disk: Disk): ReturnType<typeof stampOf> {
  try {
    return stampOf(path, disk);
  } catch {
    // Something else is in its place.
    return null;
  }
}
