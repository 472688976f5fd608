// Where the bytes of one torrent lie, as its piece store sees it: one run of bytes, offsets counted over all files laid end
// to end. Two implementations behind one contract (test/contract/storage.test.ts): real files, and memory.

import type { PieceIndex } from '../model/ids.js';

export interface Storage {
  /**
   * Writes bytes[from … to) at `offset` of the torrent. What may be done at once is done at once: then the answer is undefined
   * and the bytes may be overwritten. Else they must stay as they are until the promise settles. Padding is left out.
   * A StorageError is thrown or rejected with; then any part of the bytes may have been written.
   */
  write(offset: number, bytes: Uint8Array, from: number, to: number): void | Promise<void>;

  /** Reads `length` bytes at `offset` of the torrent into into[at …); padding reads as zeros. Rejects with a StorageError. */
  read(offset: number, length: number, into: Uint8Array, at: number): Promise<void>;

  /**
   * Every piece of the file (an index into the metainfo's files) is verified and written: from now on it has its own name.
   * Called once a file at most; never for padding. Empty files come into being here.
   */
  finishFile(file: number): void | Promise<void>;

  /**
   * The bytes of this piece, if it has any, are of no use any more: it was given up, was wrong, or is not read any more. Left out where they
   * stay. What was read of it before stays as it is.
   */
  forget?(piece: PieceIndex): void;

  /** Gives up what can be had again (descriptors): for a session that has nothing to do for a while. */
  releaseIdle(): void;

  /** No call follows. Calls that still run keep what they need until they end. */
  close(): void;
}
