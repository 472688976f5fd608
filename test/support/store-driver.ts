// Drives a PieceStore in tests: sends blocks as a peer's messages would come, and turns its answers into promises.

import { createHash } from 'node:crypto';
import { Bitfield } from '../../src/model/bitfield.js';
import type { StorageError } from '../../src/model/error.js';
import { BLOCK_LENGTH } from '../../src/model/geometry.js';
import { type PeerKey, type PieceIndex, toPeerKey } from '../../src/model/ids.js';
import { MemoryStorage } from '../../src/storage/memory-storage.js';
import { PieceBuffers } from '../../src/storage/piece-buffers.js';
import type { PieceHasher } from '../../src/storage/piece-hasher.js';
import { PieceStore, type PieceStoreLimits, type PieceStoreOptions } from '../../src/storage/piece-store.js';
import type { Storage } from '../../src/storage/storage.js';
import { FaultyStorage } from './faulty-storage.js';
import type { StoredTorrent } from './stored-torrent.js';

export type Answer =
  | { readonly type: 'stored'; readonly piece: number }
  | { readonly type: 'mismatch'; readonly piece: number; readonly blockDigests: readonly Uint8Array[] | null }
  | { readonly type: 'digests'; readonly piece: number; readonly blockDigests: readonly Uint8Array[] }
  | { readonly type: 'failed'; readonly error: StorageError }
  | { readonly type: 'crash'; readonly error: unknown };

const STORE_LIMITS: PieceStoreLimits = {
  maxWritesInFlight: 16,
  hashTurnBytes: 1_048_576,
  runBytes: 262_144,
  maxRunsPerPiece: 4,
  readAheadBytes: 1_048_576,
  readCacheBytes: 8_388_608,
  maxLentBytes: 33_554_432,
};

export interface StoreDriver {
  readonly store: PieceStore;
  readonly buffers: PieceBuffers;
  /** Every answer so far. */
  readonly answers: Answer[];
  /** The next answer that nobody has taken yet. */
  readonly next: () => Promise<Answer>;
  /** One block as one body; its right bytes unless others are given. */
  readonly send: (source: PeerKey, piece: number, block: number, bytes?: Uint8Array) => 'kept' | 'lost' | 'refused';
  /** Every block of the piece, in order. */
  readonly sendPiece: (source: PeerKey, piece: number, bytes?: Uint8Array) => void;
}

export interface StoreDriverOptions {
  readonly limits?: Partial<PieceStoreLimits>;
  readonly budgetBytes?: number;
  readonly have?: Bitfield;
  readonly buffers?: PieceBuffers;
  readonly isPadding?: PieceStoreOptions['isPadding'];
  readonly hasher?: PieceHasher;
}

export function driveStore(torrent: StoredTorrent, storage: Storage, options: StoreDriverOptions = {}): StoreDriver {
  const { metainfo } = torrent;
  const budgetBytes = options.budgetBytes ?? 33_554_432;
  const buffers =
    options.buffers ??
    new PieceBuffers({
      budgetBytes,
      ...(options.hasher === undefined ? {} : { shared: { fromBytes: 1, maxBytes: budgetBytes } }),
    });
  const answers: Answer[] = [];
  let taken = 0;
  let wake: (() => void) | null = null;
  const tell = (answer: Answer): void => {
    answers.push(answer);
    wake?.();
  };
  const store = new PieceStore({
    metainfo,
    storage,
    buffers,
    have: options.have ?? new Bitfield(metainfo.geometry.pieceCount),
    limits: { ...STORE_LIMITS, ...options.limits },
    ...(options.hasher === undefined ? {} : { hasher: options.hasher }),
    ...(options.isPadding === undefined ? {} : { isPadding: options.isPadding }),
    listener: {
      onStored: (piece) => tell({ type: 'stored', piece }),
      onMismatch: (piece, blockDigests) => tell({ type: 'mismatch', piece, blockDigests }),
      onDigests: (piece, blockDigests) => tell({ type: 'digests', piece, blockDigests }),
      onFailed: (error) => tell({ type: 'failed', error }),
      onCrash: (error) => tell({ type: 'crash', error }),
    },
  });
  const send = (
    source: PeerKey,
    piece: number,
    block: number,
    bytes = torrent.pieceBytes(piece),
  ): 'kept' | 'lost' | 'refused' => {
    const begin = block * BLOCK_LENGTH;
    const length = metainfo.geometry.blockLength(piece as PieceIndex, block);
    if (!store.begin(source, piece as PieceIndex, begin, length)) return 'refused';
    // In a chunk that is overwritten afterwards, as the shared receive buffer is, and cut in two.
    const chunk = new Uint8Array(length + 10).fill(0xee);
    chunk.set(bytes.subarray(begin, begin + length), 5);
    const half = 5 + Math.floor(length / 2);
    store.write(source, chunk, 5, half);
    store.write(source, chunk, half, 5 + length);
    chunk.fill(0xdd);
    return store.end(source);
  };
  return {
    store,
    buffers,
    answers,
    async next() {
      while (taken === answers.length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return answers[taken++];
    },
    send,
    sendPiece(source, piece, bytes) {
      for (let block = 0; block < metainfo.geometry.blockCount(piece as PieceIndex); block++) send(source, piece, block, bytes);
    },
  };
}

export const PEER_A: PeerKey = toPeerKey(1);
export const PEER_B: PeerKey = toPeerKey(2);
export const PEER_C: PeerKey = toPeerKey(3);

/** A store on memory that can be made to fail. */
export interface FaultyStore extends StoreDriver {
  readonly memory: MemoryStorage;
  readonly storage: FaultyStorage;
}

export function driveFaultyStore(torrent: StoredTorrent, options: StoreDriverOptions = {}): FaultyStore {
  const memory = new MemoryStorage(torrent.metainfo.files);
  const storage = new FaultyStorage(memory);
  return { ...driveStore(torrent, storage, options), memory, storage };
}

/** Lets the loop go round: what was ready to happen has happened. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** SHA-1 of each block of a piece. */
export function blockDigestsOf(piece: Uint8Array): Uint8Array[] {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < piece.length; at += BLOCK_LENGTH) {
    digests.push(
      new Uint8Array(
        createHash('sha1')
          .update(piece.subarray(at, at + BLOCK_LENGTH))
          .digest(),
      ),
    );
  }
  return digests;
}
