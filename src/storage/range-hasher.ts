// SHA-1 of pieces as they lie on disk, read with synchronous positional reads into one reused buffer. A generator, so that
// a worker thread drains it in one go and the main loop in turns. What can't be read gives "absent", never an exception.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { createSha1, sha1, SHA1_BYTES } from '../hash/digest.js';
import { FileLayout } from '../metainfo/file-layout.js';
import type { LayoutFile } from '../metainfo/file-layout.js';
import type { StorageFailure } from '../model/error.js';
import { errnoOf } from './storage-failure.js';

/** One file of a torrent, in the torrent's order. */
export interface HashFile {
  /** Where its bytes are now; null where there are none. Not looked at where `isPadding`. */
  readonly path: string | null;
  /** Bytes it should have. A longer file is hashed up to here; of a shorter one the pieces that reach beyond its end are absent. */
  readonly length: number;
  /** All zeros, not on disk (BEP 47). */
  readonly isPadding: boolean;
}

export interface HashSource {
  readonly files: readonly HashFile[];
  /** The sum of the files' lengths, bytes. */
  readonly totalLength: number;
  readonly pieceLength: number;
}

/** Consecutive pieces. */
export interface DigestBatch {
  readonly firstPiece: number;
  readonly pieceCount: number;
  /** 20 bytes for each piece, end to end; zeros where absent. */
  readonly digests: Uint8Array;
  /** 1 for each piece that could be read whole, else 0. */
  readonly present: Uint8Array;
  /** The first file of the batch that exists and could not be read (no permission, a directory, a bad disk); null if none. */
  readonly failure: StorageFailure | null;
}

/** Bytes of one read: larger ones leave the CPU's cache, smaller ones cost system calls. */
const READ_BYTES = 262_144;

const ABSENT_ERRNOS = new Set(['ENOENT', 'ENOTDIR']);

export class RangeHasher {
  readonly #source: HashSource;
  readonly #layout: FileLayout;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #openFile = -1;
  #descriptor = -1;
  #failure: StorageFailure | null = null;

  constructor(source: HashSource) {
    this.#source = source;
    const files: LayoutFile[] = [];
    let offset = 0;
    for (const file of source.files) {
      files.push({ length: file.length, offset, isPadding: file.isPadding });
      offset += file.length;
    }
    this.#layout = FileLayout.of(files);
  }

  /** Hashes `pieceCount` pieces. Pauses (yields the bytes done since the last pause) after every `turnBytes`; returns the batch. */
  *hashRange(firstPiece: number, pieceCount: number, turnBytes: number): Generator<number, DigestBatch> {
    const digests = new Uint8Array(pieceCount * SHA1_BYTES);
    const present = new Uint8Array(pieceCount);
    const { pieceLength, totalLength } = this.#source;
    this.#failure = null;
    let turn = 0;
    for (let i = 0; i < pieceCount; i++) {
      const offset = (firstPiece + i) * pieceLength;
      const length = Math.min(pieceLength, totalLength - offset);
      if (length <= READ_BYTES) {
        if (this.#fill(offset, length)) {
          digests.set(sha1(this.#buffer.subarray(0, length)), i * SHA1_BYTES);
          present[i] = 1;
        }
        turn += length;
      } else {
        const digest = createSha1();
        let done = 0;
        while (done < length) {
          const step = Math.min(READ_BYTES, length - done);
          if (!this.#fill(offset + done, step)) break;
          digest.update(step === READ_BYTES ? this.#buffer : this.#buffer.subarray(0, step));
          done += step;
          turn += step;
          if (turn >= turnBytes) {
            yield turn;
            turn = 0;
          }
        }
        if (done === length) {
          digests.set(digest.digest(), i * SHA1_BYTES);
          present[i] = 1;
        } else {
          turn += length - done;
        }
      }
      if (turn >= turnBytes) {
        yield turn;
        turn = 0;
      }
    }
    return { firstPiece, pieceCount, digests, present, failure: this.#failure };
  }

  /** Gives its descriptor back. It may be used again afterwards. */
  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
    this.#openFile = -1;
  }

  /** The torrent's bytes offset … offset + length (at most READ_BYTES) into the start of the buffer; false where one is absent. */
  #fill(offset: number, length: number): boolean {
    for (const slice of this.#layout.slices(offset, length)) {
      if (slice.isPadding) {
        this.#buffer.fill(0, slice.offset, slice.offset + slice.length);
      } else if (!this.#read(slice.file, slice.fileOffset, slice.offset, slice.length)) {
        return false;
      }
    }
    return true;
  }

  #read(file: number, fileOffset: number, at: number, length: number): boolean {
    if (this.#openFile !== file) this.#open(file);
    if (this.#descriptor < 0) return false;
    let done = 0;
    try {
      while (done < length) {
        const count = readSync(this.#descriptor, this.#buffer, at + done, length - done, fileOffset + done);
        if (count === 0) return false;
        done += count;
      }
    } catch (error) {
      this.#fail('read', file, errnoOf(error));
      return false;
    }
    return true;
  }

  /** Remembers a file that can't be opened as open without a descriptor, so that it is tried once and not for every piece. */
  #open(file: number): void {
    this.close();
    this.#openFile = file;
    const { path } = this.#source.files[file];
    if (path === null) return;
    try {
      // Without O_NONBLOCK a named pipe of that name would block for ever.
      this.#descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const stat = fstatSync(this.#descriptor);
      if (stat.isFile()) return;
      this.close();
      this.#openFile = file;
      this.#fail('open', file, stat.isDirectory() ? 'EISDIR' : 'ENOTREG');
    } catch (error) {
      const errno = errnoOf(error);
      if (!ABSENT_ERRNOS.has(errno)) this.#fail('open', file, errno);
    }
  }

  #fail(operation: string, file: number, errno: string): void {
    this.#failure ??= { operation, path: this.#source.files[file].path ?? '', errno };
  }
}
