import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { PieceBuffers } from '../../../src/storage/piece-buffers.js';
import { blockDigestsOf, driveFaultyStore, PEER_A, PEER_B, type StoreDriver, turns } from '../../support/store-driver.js';
import { damaged, expectSameBytes, storedTorrent, type StoredTorrent } from '../../support/stored-torrent.js';

/** Three blocks a piece, the last block and the last piece short. */
const TORRENT = storedTorrent({ pieceLength: 40_000, files: [['', 95_000]] });
const P0 = 0 as PieceIndex;
const P1 = 1 as PieceIndex;
const P2 = 2 as PieceIndex;

describe('a piece', () => {
  test('is assembled from blocks in any order, verified, written, and its buffer goes back', async () => {
    const { store, send, next, buffers, memory } = driveFaultyStore(TORRENT);
    for (const block of [2, 0, 1]) expect(send(PEER_A, 0, block)).toBe('kept');
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    expect([...store.have]).toEqual([0]);
    const into = new Uint8Array(40_000);
    await memory.read(0, 40_000, into, 0);
    expectSameBytes(into, TORRENT.pieceBytes(0));
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
    expect(buffers.idleBytes).toBe(40_000);
  });

  test('answers never come from inside the call', async () => {
    const { store, sendPiece, answers, next } = driveFaultyStore(TORRENT);
    sendPiece(PEER_A, 0);
    store.store(P0, 'always');
    expect(answers).toEqual([]);
    await next();
  });

  test('the last one uses a buffer of the common size', async () => {
    const { store, sendPiece, next, buffers } = driveFaultyStore(TORRENT);
    sendPiece(PEER_A, 2);
    store.store(P2, 'never');
    await next();
    sendPiece(PEER_A, 1);
    expect(buffers.idleBytes).toBe(0);
    expect(buffers.takenBytes).toBe(40_000);
  });

  test('that is wrong is closed, nothing is written, and it can be had again', async () => {
    const { store, sendPiece, next, storage, buffers } = driveFaultyStore(TORRENT);
    sendPiece(PEER_A, 0, damaged(TORRENT.pieceBytes(0), 20_000));
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'mismatch', piece: 0, blockDigests: null });
    expect(storage.writeCount).toBe(0);
    expect(buffers.takenBytes).toBe(0);
    sendPiece(PEER_B, 0);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('comes with the digests of its blocks where they are wanted, right or wrong', async () => {
    const { store, sendPiece, next } = driveFaultyStore(TORRENT);
    const bad = damaged(TORRENT.pieceBytes(0), 20_000);
    sendPiece(PEER_A, 0, bad);
    store.store(P0, 'on-mismatch');
    expect(await next()).toEqual({ type: 'mismatch', piece: 0, blockDigests: blockDigestsOf(bad) });
    sendPiece(PEER_A, 1);
    store.store(P1, 'on-mismatch');
    expect(await next()).toEqual({ type: 'stored', piece: 1 });
    sendPiece(PEER_A, 0, bad);
    store.store(P0, 'always');
    expect(await next()).toEqual({ type: 'mismatch', piece: 0, blockDigests: blockDigestsOf(bad) });
    sendPiece(PEER_A, 0);
    store.store(P0, 'always');
    expect(await next()).toEqual({ type: 'digests', piece: 0, blockDigests: blockDigestsOf(TORRENT.pieceBytes(0)) });
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('longer than a turn of hashing lets the loop go on in between', async () => {
    const torrent = storedTorrent({ pieceLength: 1_000_000, files: [['', 1_000_000]] });
    const { store, next } = driveFaultyStore(torrent, { limits: { hashTurnBytes: 65_536 } });
    // Backwards: the cursor over the prefix gets nothing to do before the end.
    for (let block = 61; block >= 0; block--) expect(setUpSend(store, torrent, block)).toBe('kept');
    let loops = 0;
    const count = (): void => {
      loops++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    clearImmediate(immediate);
    expect(loops).toBeGreaterThan(10);
  });

  test('can not be stored before it is whole', () => {
    const { store, send } = driveFaultyStore(TORRENT);
    send(PEER_A, 0, 0);
    expect(() => store.store(P0, 'never')).toThrow('all its blocks');
    expect(() => store.store(P1, 'never')).toThrow('active piece');
  });

  test('that is given up gives its memory back and begins anew', () => {
    const { store, send, buffers } = driveFaultyStore(TORRENT);
    send(PEER_A, 0, 0);
    store.discard(P0);
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
    expect(store.openCount).toBe(0);
    expect(send(PEER_A, 0, 0)).toBe('kept');
  });
});

function setUpSend(store: StoreDriver['store'], torrent: StoredTorrent, block: number): string {
  const length = torrent.metainfo.geometry.blockLength(P0, block);
  const begin = block * BLOCK_LENGTH;
  expect(store.begin(PEER_A, P0, begin, length)).toBe(true);
  store.write(PEER_A, torrent.content, begin, begin + length);
  return store.end(PEER_A);
}

describe('a block is refused', () => {
  test.each([
    ['that is not a whole one', 0, 0, 100],
    ['that begins between two', 0, 8000, BLOCK_LENGTH],
    ['beyond the piece', 0, 3 * BLOCK_LENGTH, BLOCK_LENGTH],
    ['longer than the rest of the piece', 0, 2 * BLOCK_LENGTH, BLOCK_LENGTH],
    ['at a negative place', 0, -BLOCK_LENGTH, BLOCK_LENGTH],
  ])('%s', (_what, piece, begin, length) => {
    const { store } = driveFaultyStore(TORRENT);
    expect(store.begin(PEER_A, piece as PieceIndex, begin, length)).toBe(false);
    expect(store.openCount).toBe(0);
  });

  test('that is there, whose piece is being stored, or stored already', async () => {
    const { store, send, sendPiece, next } = driveFaultyStore(TORRENT);
    send(PEER_A, 0, 1);
    expect(send(PEER_B, 0, 1)).toBe('refused');
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    expect(send(PEER_B, 0, 0)).toBe('refused');
    await next();
    expect(send(PEER_B, 0, 0)).toBe('refused');
    expect(store.openCount).toBe(0);
  });

  test('once the store is closed', async () => {
    const { store, send } = driveFaultyStore(TORRENT);
    await store.close();
    expect(send(PEER_A, 0, 0)).toBe('refused');
    expect(store.open(P0)).toBe(false);
  });
});

describe('the budget', () => {
  const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 32_768 * 8]] });

  test('governs opening a piece, and one may always be open', () => {
    const { store } = driveFaultyStore(torrent, { budgetBytes: 70_000 });
    expect([0, 1, 2].map((piece) => store.open(piece as PieceIndex))).toEqual([true, true, false]);
    expect(store.open(P0)).toBe(true);
    store.discard(P0);
    expect(store.open(P2)).toBe(true);
  });

  test('is shared, and even a full one lets each torrent have one piece', () => {
    const buffers = new PieceBuffers({ budgetBytes: 70_000 });
    const first = driveFaultyStore(torrent, { buffers });
    const second = driveFaultyStore(torrent, { buffers });
    expect([0, 1].map((piece) => first.store.open(piece as PieceIndex))).toEqual([true, true]);
    expect([0, 1].map((piece) => second.store.open(piece as PieceIndex))).toEqual([true, false]);
    expect(buffers.reservedBytes).toBe(3 * 32_768);
  });

  test('never refuses a block of a piece that is wanted anyway', () => {
    const { store, send, buffers } = driveFaultyStore(torrent, { budgetBytes: 70_000 });
    for (let piece = 0; piece < 8; piece++) expect(send(PEER_A, piece, 0)).toBe('kept');
    expect(store.openCount).toBe(8);
    expect(buffers.reservedBytes).toBe(8 * 32_768);
  });

  test('a piece that is opened takes memory with its first block only', () => {
    const { store, buffers, send } = driveFaultyStore(torrent);
    store.open(P0);
    expect(buffers.takenBytes).toBe(0);
    send(PEER_A, 0, 1);
    expect(buffers.takenBytes).toBe(32_768);
  });
});

describe('writing', () => {
  const torrent = storedTorrent({ pieceLength: BLOCK_LENGTH, files: [['', 20 * BLOCK_LENGTH]] });

  test('keeps so many writes in flight and no more', async () => {
    const { store, sendPiece, storage, answers } = driveFaultyStore(torrent, { limits: { maxWritesInFlight: 3 } });
    storage.holdsWrites = true;
    for (let piece = 0; piece < 20; piece++) {
      sendPiece(PEER_A, piece);
      store.store(piece as PieceIndex, 'never');
    }
    while (answers.length < 20) {
      await turns(1);
      expect(storage.writesInFlight).toBeLessThanOrEqual(3);
      storage.releaseWrites(1);
    }
    expect(storage.mostWritesInFlight).toBe(3);
    expect(answers.every((answer) => answer.type === 'stored')).toBe(true);
  });

  test('a piece counts, and its file gets its name, only after the write has returned', async () => {
    const { store, sendPiece, storage, memory, next } = driveFaultyStore(TORRENT, { have: haveOf(TORRENT, 0, 1) });
    storage.holdsWrites = true;
    sendPiece(PEER_A, 2);
    store.store(P2, 'never');
    await turns();
    expect(store.have.has(P2)).toBe(false);
    expect(memory.finishedFiles.size).toBe(0);
    storage.releaseWrites();
    await next();
    expect(store.have.has(P2)).toBe(true);
    expect([...memory.finishedFiles]).toEqual([0]);
  });

  test('a failed write is told, the piece does not count, and can be tried again', async () => {
    const { store, sendPiece, storage, next, buffers } = driveFaultyStore(TORRENT);
    storage.writeErrno = 'ENOSPC';
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { operation: 'write', errno: 'ENOSPC' } } });
    expect(store.have.isEmpty).toBe(true);
    expect(buffers.takenBytes).toBe(0);
    storage.writeErrno = null;
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('a rename that fails is told', async () => {
    const { store, sendPiece, storage, next } = driveFaultyStore(TORRENT, { have: haveOf(TORRENT, 0, 1) });
    storage.finishErrno = 'EACCES';
    sendPiece(PEER_A, 2);
    store.store(P2, 'never');
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { operation: 'rename', errno: 'EACCES' } } });
  });

  test('closing waits for what is being stored, and gives up the rest', async () => {
    const { store, sendPiece, send, storage, answers, buffers } = driveFaultyStore(TORRENT);
    storage.holdsWrites = true;
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    send(PEER_A, 1, 0);
    let isClosed = false;
    const closing = store.close().then(() => {
      isClosed = true;
      return isClosed;
    });
    await turns();
    expect(isClosed).toBe(false);
    storage.releaseWrites();
    await closing;
    expect(answers).toEqual([{ type: 'stored', piece: 0 }]);
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
    await store.close();
  });
});

function haveOf(torrent: StoredTorrent, ...pieces: number[]): Bitfield {
  const have = new Bitfield(torrent.metainfo.geometry.pieceCount);
  for (const piece of pieces) have.set(piece as PieceIndex);
  return have;
}

describe('padding', () => {
  test('that fills whole blocks is there from the start, and need not come', async () => {
    const torrent = storedTorrent({
      pieceLength: 65_536,
      files: [
        ['a', 20_000],
        ['padding', 45_536],
        ['b', 10],
      ],
    });
    const isPadding = (piece: number, block: number): boolean => piece === 0 && block >= 2;
    const { store, send, next } = driveFaultyStore(torrent, { isPadding });
    expect(send(PEER_A, 0, 0)).toBe('kept');
    expect(send(PEER_A, 0, 2)).toBe('refused');
    expect(send(PEER_A, 0, 1)).toBe('kept');
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });
});

describe('reading', () => {
  test('gives verified bytes, again without the disk, and null where they would have to be read', async () => {
    const { store, storage, sendPiece, next } = driveFaultyStore(TORRENT);
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    await next();
    expect(store.peek(P0, 0, 100)).toBeNull();
    expectSameBytes(await store.read(P0, 16_384, 16_384), TORRENT.pieceBytes(0).subarray(16_384, 32_768));
    expectSameBytes(store.peek(P0, 32_768, 7232) ?? new Uint8Array(), TORRENT.pieceBytes(0).subarray(32_768));
    expect(storage.readCount).toBe(1);
    store.releaseIdle();
    expect(store.peek(P0, 0, 100)).toBeNull();
  });

  test('of what is not there is a mistake of ours', async () => {
    const { store } = driveFaultyStore(TORRENT);
    await expect(store.read(P0, 0, 100)).rejects.toThrow('only verified pieces');
  });
});

test('an idle store gives everything back that it can have again', async () => {
  const { store, sendPiece, next, buffers } = driveFaultyStore(TORRENT);
  sendPiece(PEER_A, 0);
  store.store(P0, 'never');
  await next();
  expect(buffers.idleBytes).toBeGreaterThan(0);
  store.releaseIdle();
  expect(buffers.idleBytes).toBe(0);
  sendPiece(PEER_A, 1);
  store.store(P1, 'never');
  expect(await next()).toEqual({ type: 'stored', piece: 1 });
});
