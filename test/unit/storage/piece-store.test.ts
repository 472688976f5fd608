import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { BLOCK_LENGTH } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { MemoryStorage } from '../../../src/storage/memory-storage.js';
import { PieceBuffers } from '../../../src/storage/piece-buffers.js';
import { FaultyStorage } from '../../support/faulty-storage.js';
import { driveStore, PEER_A, PEER_B, PEER_C, type StoreDriver } from '../../support/store-driver.js';
import { damaged, expectSameBytes, storedTorrent, type StoredTorrent } from '../../support/stored-torrent.js';

/** Three blocks a piece, the last block and the last piece short. */
const TORRENT = storedTorrent({ pieceLength: 40_000, files: [['', 95_000]] });
const P0 = 0 as PieceIndex;
const P1 = 1 as PieceIndex;
const P2 = 2 as PieceIndex;

interface Setup extends StoreDriver {
  readonly memory: MemoryStorage;
  readonly storage: FaultyStorage;
}

function setUp(torrent: StoredTorrent = TORRENT, options: Parameters<typeof driveStore>[2] = {}): Setup {
  const memory = new MemoryStorage(torrent.metainfo.files);
  const storage = new FaultyStorage(memory);
  return { ...driveStore(torrent, storage, options), memory, storage };
}

async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

function digestsOf(bytes: Uint8Array): Uint8Array[] {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK_LENGTH) {
    digests.push(
      new Uint8Array(
        createHash('sha1')
          .update(bytes.subarray(at, at + BLOCK_LENGTH))
          .digest(),
      ),
    );
  }
  return digests;
}

describe('a piece', () => {
  test('is assembled from blocks in any order, verified, written, and its buffer goes back', async () => {
    const { store, send, next, buffers, memory } = setUp();
    for (const block of [2, 0, 1]) expect(send(PEER_A, 0, block)).toBe('kept');
    store.store(P0, false);
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
    const { store, sendPiece, answers, next } = setUp();
    sendPiece(PEER_A, 0);
    store.store(P0, true);
    expect(answers).toEqual([]);
    await next();
  });

  test('the last one uses a buffer of the common size', async () => {
    const { store, sendPiece, next, buffers } = setUp();
    sendPiece(PEER_A, 2);
    store.store(P2, false);
    await next();
    sendPiece(PEER_A, 1);
    expect(buffers.idleBytes).toBe(0);
    expect(buffers.takenBytes).toBe(40_000);
  });

  test('that is wrong is closed, nothing is written, and it can be had again', async () => {
    const { store, sendPiece, next, storage, buffers } = setUp();
    sendPiece(PEER_A, 0, damaged(TORRENT.pieceBytes(0), 20_000));
    store.store(P0, false);
    expect(await next()).toEqual({ type: 'mismatch', piece: 0, blockDigests: null });
    expect(storage.writeCount).toBe(0);
    expect(buffers.takenBytes).toBe(0);
    sendPiece(PEER_B, 0);
    store.store(P0, false);
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('comes with the digests of its blocks where they are wanted, right or wrong', async () => {
    const { store, sendPiece, next } = setUp();
    const bad = damaged(TORRENT.pieceBytes(0), 20_000);
    sendPiece(PEER_A, 0, bad);
    store.store(P0, true);
    expect(await next()).toEqual({ type: 'mismatch', piece: 0, blockDigests: digestsOf(bad) });
    sendPiece(PEER_A, 0);
    store.store(P0, true);
    expect(await next()).toEqual({ type: 'digests', piece: 0, blockDigests: digestsOf(TORRENT.pieceBytes(0)) });
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('longer than a turn of hashing lets the loop go on in between', async () => {
    const torrent = storedTorrent({ pieceLength: 1_000_000, files: [['', 1_000_000]] });
    const { store, sendPiece, next } = setUp(torrent, { limits: { hashTurnBytes: 65_536 } });
    // Backwards: the cursor over the prefix gets nothing to do before the end.
    for (let block = 61; block >= 0; block--) expect(setUpSend(store, torrent, block)).toBe('kept');
    let loops = 0;
    const counter = setInterval(() => loops++, 0);
    const count = (): void => {
      loops++;
      immediate = setImmediate(count);
    };
    let immediate = setImmediate(count);
    store.store(P0, false);
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    clearImmediate(immediate);
    clearInterval(counter);
    expect(loops).toBeGreaterThan(10);
    expect(sendPiece).toBeDefined();
  });

  test('can not be stored before it is whole', () => {
    const { store, send } = setUp();
    send(PEER_A, 0, 0);
    expect(() => store.store(P0, false)).toThrow('all its blocks');
    expect(() => store.store(P1, false)).toThrow('active piece');
  });

  test('that is given up gives its memory back and begins anew', () => {
    const { store, send, buffers } = setUp();
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
    const { store } = setUp();
    expect(store.begin(PEER_A, piece as PieceIndex, begin, length)).toBe(false);
    expect(store.openCount).toBe(0);
  });

  test('that is there, whose piece is being stored, or stored already', async () => {
    const { store, send, sendPiece, next } = setUp();
    send(PEER_A, 0, 1);
    expect(send(PEER_B, 0, 1)).toBe('refused');
    sendPiece(PEER_A, 0);
    store.store(P0, false);
    expect(send(PEER_B, 0, 0)).toBe('refused');
    await next();
    expect(send(PEER_B, 0, 0)).toBe('refused');
    expect(store.openCount).toBe(0);
  });

  test('once the store is closed', async () => {
    const { store, send } = setUp();
    await store.close();
    expect(send(PEER_A, 0, 0)).toBe('refused');
    expect(store.open(P0)).toBe(false);
  });
});

describe('two writers of a block', () => {
  const block = TORRENT.pieceBytes(0).subarray(0, BLOCK_LENGTH);
  const wrong = new Uint8Array(BLOCK_LENGTH).fill(7);

  async function expectRight(setup: Setup): Promise<void> {
    for (const rest of [1, 2]) setup.send(PEER_C, 0, rest);
    setup.store.store(P0, false);
    expect(await setup.next()).toEqual({ type: 'stored', piece: 0 });
    expect(setup.store.leaseCount).toBe(0);
  }

  test('the first to be whole wins: the first one', async () => {
    const setup = setUp();
    const { store } = setup;
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.begin(PEER_B, P0, 0, BLOCK_LENGTH);
    store.write(PEER_B, wrong, 0, 16_000);
    store.write(PEER_A, block, 0, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('kept');
    store.write(PEER_B, wrong, 16_000, BLOCK_LENGTH);
    expect(store.end(PEER_B)).toBe('lost');
    await expectRight(setup);
  });

  test('the first to be whole wins: the second one, and what the other still sends is skipped', async () => {
    const setup = setUp();
    const { store } = setup;
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, wrong, 0, 10_000);
    store.begin(PEER_B, P0, 0, BLOCK_LENGTH);
    store.write(PEER_B, block, 0, BLOCK_LENGTH);
    expect(store.end(PEER_B)).toBe('kept');
    store.write(PEER_A, wrong, 10_000, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('lost');
    await expectRight(setup);
  });

  test('a revoked one is skipped to its end, and the next one has the place for itself', async () => {
    const setup = setUp();
    const { store } = setup;
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, wrong, 0, 5000);
    store.revokeBlock(PEER_A, P0, 0);
    store.begin(PEER_B, P0, 0, BLOCK_LENGTH);
    store.write(PEER_B, block, 0, 8000);
    store.write(PEER_A, wrong, 5000, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('lost');
    store.write(PEER_B, block, 8000, BLOCK_LENGTH);
    expect(store.end(PEER_B)).toBe('kept');
    await expectRight(setup);
  });

  test('revoking another block of that source changes nothing', () => {
    const { store } = setUp();
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.revokeBlock(PEER_A, P0, BLOCK_LENGTH);
    store.revokeBlock(PEER_A, P1, 0);
    store.revokeBlock(PEER_B, P0, 0);
    store.write(PEER_A, block, 0, BLOCK_LENGTH);
    expect(store.end(PEER_A)).toBe('kept');
  });

  test('of a source that is gone nothing stays', () => {
    const { store, send } = setUp();
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, wrong, 0, 5000);
    store.dropSource(PEER_A);
    store.dropSource(PEER_A);
    expect(store.leaseCount).toBe(0);
    store.write(PEER_A, wrong, 5000, 6000);
    expect(store.end(PEER_A)).toBe('lost');
    expect(send(PEER_B, 0, 0)).toBe('kept');
  });

  test('a body that ends early is lost, one that goes on too long is a mistake of ours', () => {
    const { store } = setUp();
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    store.write(PEER_A, block, 0, 100);
    expect(store.end(PEER_A)).toBe('lost');
    store.begin(PEER_A, P0, 0, BLOCK_LENGTH);
    expect(() => store.write(PEER_A, new Uint8Array(20_000), 0, 20_000)).toThrow('more bytes');
  });
});

describe('the budget', () => {
  const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 32_768 * 8]] });

  test('governs opening a piece, and one may always be open', () => {
    const { store } = setUp(torrent, { budgetBytes: 70_000 });
    expect([0, 1, 2].map((piece) => store.open(piece as PieceIndex))).toEqual([true, true, false]);
    expect(store.open(P0)).toBe(true);
    store.discard(P0);
    expect(store.open(P2)).toBe(true);
  });

  test('is shared, and even a full one lets each torrent have one piece', () => {
    const buffers = new PieceBuffers({ budgetBytes: 70_000 });
    const first = setUp(torrent, { buffers });
    const second = setUp(torrent, { buffers });
    expect([0, 1].map((piece) => first.store.open(piece as PieceIndex))).toEqual([true, true]);
    expect([0, 1].map((piece) => second.store.open(piece as PieceIndex))).toEqual([true, false]);
    expect(buffers.reservedBytes).toBe(3 * 32_768);
  });

  test('never refuses a block of a piece that is wanted anyway', () => {
    const { store, send, buffers } = setUp(torrent, { budgetBytes: 70_000 });
    for (let piece = 0; piece < 8; piece++) expect(send(PEER_A, piece, 0)).toBe('kept');
    expect(store.openCount).toBe(8);
    expect(buffers.reservedBytes).toBe(8 * 32_768);
  });

  test('a piece that is opened takes memory with its first block only', () => {
    const { store, buffers, send } = setUp(torrent);
    store.open(P0);
    expect(buffers.takenBytes).toBe(0);
    send(PEER_A, 0, 1);
    expect(buffers.takenBytes).toBe(32_768);
  });
});

describe('writing', () => {
  const torrent = storedTorrent({ pieceLength: BLOCK_LENGTH, files: [['', 20 * BLOCK_LENGTH]] });

  test('keeps so many writes in flight and no more', async () => {
    const { store, sendPiece, storage, answers } = setUp(torrent, { limits: { maxWritesInFlight: 3 } });
    storage.holdsWrites = true;
    for (let piece = 0; piece < 20; piece++) {
      sendPiece(PEER_A, piece);
      store.store(piece as PieceIndex, false);
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
    const { store, sendPiece, storage, memory, next } = setUp(TORRENT, { have: haveOf(TORRENT, 0, 1) });
    storage.holdsWrites = true;
    sendPiece(PEER_A, 2);
    store.store(P2, false);
    await turns();
    expect(store.have.has(P2)).toBe(false);
    expect(memory.finishedFiles.size).toBe(0);
    storage.releaseWrites();
    await next();
    expect(store.have.has(P2)).toBe(true);
    expect([...memory.finishedFiles]).toEqual([0]);
  });

  test('a failed write is told, the piece does not count, and can be tried again', async () => {
    const { store, sendPiece, storage, next, buffers } = setUp();
    storage.writeErrno = 'ENOSPC';
    sendPiece(PEER_A, 0);
    store.store(P0, false);
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { operation: 'write', errno: 'ENOSPC' } } });
    expect(store.have.isEmpty).toBe(true);
    expect(buffers.takenBytes).toBe(0);
    storage.writeErrno = null;
    sendPiece(PEER_A, 0);
    store.store(P0, false);
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('a rename that fails is told', async () => {
    const { store, sendPiece, storage, next } = setUp(TORRENT, { have: haveOf(TORRENT, 0, 1) });
    storage.finishErrno = 'EACCES';
    sendPiece(PEER_A, 2);
    store.store(P2, false);
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { operation: 'rename', errno: 'EACCES' } } });
  });

  test('closing waits for what is being stored, and gives up the rest', async () => {
    const { store, sendPiece, send, storage, answers, buffers } = setUp();
    storage.holdsWrites = true;
    sendPiece(PEER_A, 0);
    store.store(P0, false);
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

describe('a piece larger than half the budget', () => {
  const torrent = storedTorrent({
    pieceLength: 1_000_000,
    files: [
      ['a', 600_000],
      ['b', 1_100_000],
    ],
  });
  const limits = { runBytes: 65_536, maxRunsPerPiece: 2, hashTurnBytes: 131_072 };
  const options = { budgetBytes: 1_000_000, limits };

  test('goes to the disk as it comes, in bounded memory, and counts only after it was read back', async () => {
    const { store, send, next, storage, buffers } = setUp(torrent, options);
    let most = 0;
    for (let block = 0; block < torrent.metainfo.geometry.blockCount(P0); block++) {
      send(PEER_A, 0, block);
      most = Math.max(most, buffers.takenBytes);
    }
    expect(most).toBeLessThanOrEqual(2 * 65_536);
    expect(buffers.reservedBytes).toBe(2 * 65_536);
    expect(storage.writeCount).toBe(16);
    expect(storage.readCount).toBe(0);
    store.store(P0, false);
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    expect(storage.readCount).toBe(8);
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
  });

  test('comes in any order, with all writes hanging', async () => {
    const { store, send, next, storage, buffers } = setUp(torrent, options);
    storage.holdsWrites = true;
    const count = torrent.metainfo.geometry.blockCount(P0);
    for (let i = 0; i < count; i++) expect(send(i % 2 === 0 ? PEER_A : PEER_B, 0, (i * 37) % count)).toBe('kept');
    expect(buffers.takenBytes).toBeLessThanOrEqual(2 * 65_536);
    store.store(P0, true);
    storage.holdsWrites = false;
    storage.releaseWrites();
    expect(await next()).toMatchObject({ type: 'digests', blockDigests: digestsOf(torrent.pieceBytes(0)) });
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('that is wrong is told with the digests of what is on the disk', async () => {
    const { store, sendPiece, next, memory } = setUp(torrent, options);
    const bad = damaged(torrent.pieceBytes(0), 700_000);
    sendPiece(PEER_A, 0, bad);
    store.store(P0, true);
    expect(await next()).toEqual({ type: 'mismatch', piece: 0, blockDigests: digestsOf(bad) });
    expect(store.have.isEmpty).toBe(true);
    expect(memory.finishedFiles.size).toBe(0);
    sendPiece(PEER_A, 0);
    store.store(P0, false);
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('a write that fails on the way is told once, at once, and closes the piece', async () => {
    const { store, send, next, storage, answers, buffers } = setUp(torrent, options);
    storage.writeErrno = 'ENOSPC';
    for (let block = 0; block < 4; block++) send(PEER_A, 0, block);
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { errno: 'ENOSPC' } } });
    await turns();
    expect(answers.length).toBe(1);
    expect(store.openCount).toBe(0);
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
  });

  test('a write that fails after the last block came is told instead of a mismatch', async () => {
    const { store, sendPiece, next, storage } = setUp(torrent, options);
    storage.holdsWrites = true;
    sendPiece(PEER_A, 0);
    store.store(P0, false);
    storage.writeErrno = 'EIO';
    storage.releaseWrites();
    expect(await next()).toMatchObject({ type: 'failed', error: { detail: { errno: 'EIO' } } });
    expect(store.openCount).toBe(0);
  });

  test('given up while it is written: the memory comes back when the writes have ended', async () => {
    const { store, send, storage, buffers } = setUp(torrent, options);
    storage.holdsWrites = true;
    for (let block = 0; block < 6; block++) send(PEER_A, 0, block);
    store.discard(P0);
    expect(buffers.takenBytes).toBe(65_536);
    storage.releaseWrites();
    await store.close();
    expect(buffers.takenBytes).toBe(0);
  });
});

describe('reading', () => {
  test('gives verified bytes, again without the disk, and null where they would have to be read', async () => {
    const { store, storage, sendPiece, next } = setUp();
    sendPiece(PEER_A, 0);
    store.store(P0, false);
    await next();
    expect(store.peek(P0, 0, 100)).toBeNull();
    expectSameBytes(await store.read(P0, 16_384, 16_384), TORRENT.pieceBytes(0).subarray(16_384, 32_768));
    expectSameBytes(store.peek(P0, 32_768, 7232) ?? new Uint8Array(), TORRENT.pieceBytes(0).subarray(32_768));
    expect(storage.readCount).toBe(1);
    store.releaseIdle();
    expect(store.peek(P0, 0, 100)).toBeNull();
  });

  test('of what is not there is a mistake of ours', async () => {
    const { store } = setUp();
    await expect(store.read(P0, 0, 100)).rejects.toThrow('only verified pieces');
  });
});

test('an idle store gives everything back that it can have again', async () => {
  const { store, sendPiece, next, buffers } = setUp();
  sendPiece(PEER_A, 0);
  store.store(P0, false);
  await next();
  expect(buffers.idleBytes).toBeGreaterThan(0);
  store.releaseIdle();
  expect(buffers.idleBytes).toBe(0);
  sendPiece(PEER_A, 1);
  store.store(P1, false);
  expect(await next()).toEqual({ type: 'stored', piece: 1 });
});
