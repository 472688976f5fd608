import { describe, expect, test } from 'vitest';
import { sha1 } from '../../../src/hash/digest.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { RING_SLOTS } from '../../../src/storage/piece-hash-ring.js';
import { PieceHasher } from '../../../src/storage/piece-hasher.js';
import { ScriptedHashThread } from '../../support/scripted-hash-thread.js';
import { driveFaultyStore, PEER_A, turns } from '../../support/store-driver.js';
import { damaged, expectSameBytes, storedTorrent } from '../../support/stored-torrent.js';

const P0 = 0 as PieceIndex;

function pieceOf(value: number, length = 1000): Buffer {
  return Buffer.from(new SharedArrayBuffer(length)).fill(value);
}

interface Rig {
  readonly hasher: PieceHasher;
  readonly threads: ScriptedHashThread[];
  now: number;
  /** Comes in so fast that a thread is started, which says that it is ready. */
  startThread(): ScriptedHashThread;
}

function rig(cores = 2): Rig {
  const threads: ScriptedHashThread[] = [];
  const hasher = new PieceHasher({
    limits: { busyBytes: 3000, busyMs: 100, minBytes: 500, maxHanded: 2 },
    cores,
    now: () => made.now,
    startThread: (handlers) => {
      const thread = new ScriptedHashThread(handlers);
      threads.push(thread);
      return thread;
    },
  });
  const made: Rig = {
    hasher,
    threads,
    now: 0,
    startThread: () => {
      for (let i = 0; i < 4; i++) void hasher.offer(pieceOf(i), false);
      threads[threads.length - 1].ready();
      return threads[threads.length - 1];
    },
  };
  return made;
}

describe('a thread is started', () => {
  test('when so much comes in so short a time', () => {
    const made = rig();
    for (let i = 0; i < 3; i++) expect(made.hasher.offer(pieceOf(i), false)).toBeNull();
    expect(made.threads).toHaveLength(0);
    expect(made.hasher.offer(pieceOf(3), false)).toBeNull();
    expect(made.threads).toHaveLength(1);
    expect(made.hasher.isRunning).toBe(false);
    made.threads[0].ready();
    expect(made.hasher.isRunning).toBe(true);
  });

  test('not for the same bytes in a longer time, nor for one long piece', () => {
    const made = rig();
    for (let i = 0; i < 20; i++) {
      made.now += 60;
      void made.hasher.offer(pieceOf(i), false);
    }
    made.now += 200;
    void made.hasher.offer(pieceOf(1, 50_000), false);
    expect(made.threads).toHaveLength(0);
  });

  test('not for short pieces, and a running one takes none', () => {
    const made = rig();
    for (let i = 0; i < 50; i++) expect(made.hasher.offer(pieceOf(i, 499), true)).toBeNull();
    expect(made.threads).toHaveLength(0);
    made.startThread();
    expect(made.hasher.offer(pieceOf(1, 499), true)).toBeNull();
    expect(made.hasher.offer(pieceOf(1, 500), true)).not.toBeNull();
  });

  test('never where there is one core', () => {
    const made = rig(1);
    for (let i = 0; i < 10; i++) void made.hasher.offer(pieceOf(i), true);
    expect(made.threads).toHaveLength(0);
  });
});

describe('a running thread', () => {
  test('reads the bytes where they lie', async () => {
    const made = rig();
    const thread = made.startThread();
    const bytes = pieceOf(7).subarray(100);
    const hashed = made.hasher.offer(bytes, false);
    expect(thread.pending[0]).toBe(bytes);
    thread.answerOne();
    expect(await hashed).toEqual(sha1(Buffer.alloc(900, 7)));
  });

  test('takes none that it could not see', () => {
    const made = rig();
    const thread = made.startThread();
    expect(made.hasher.offer(Buffer.alloc(1000), true)).toBeNull();
    expect(thread.pending).toHaveLength(0);
  });

  test('has two pieces at most, unless somebody may wait', () => {
    const made = rig();
    const thread = made.startThread();
    expect(made.hasher.offer(pieceOf(1), false)).not.toBeNull();
    expect(made.hasher.offer(pieceOf(2), false)).not.toBeNull();
    expect(made.hasher.offer(pieceOf(3), false)).toBeNull();
    expect(made.hasher.offer(pieceOf(4), true)).not.toBeNull();
    expect(thread.pending).toHaveLength(3);
  });

  test('has no more than its ring holds, whoever may wait', () => {
    const made = rig();
    const thread = made.startThread();
    for (let i = 0; i < RING_SLOTS; i++) expect(made.hasher.offer(pieceOf(i), true)).not.toBeNull();
    expect(made.hasher.offer(pieceOf(0), true)).toBeNull();
    expect(thread.pending).toHaveLength(RING_SLOTS);
  });

  test('is asked for its answers at each offer: no event has to come first', async () => {
    const made = rig();
    const thread = made.startThread();
    const first = made.hasher.offer(pieceOf(1), false);
    void made.hasher.offer(pieceOf(2), false);
    thread.hashOne();
    expect(made.hasher.offer(pieceOf(3), false)).not.toBeNull();
    expect(await first).toEqual(sha1(pieceOf(1)));
  });

  test('rests when nothing is out, and comes again when it is needed', () => {
    const made = rig();
    const thread = made.startThread();
    void made.hasher.offer(pieceOf(1), false);
    made.hasher.rest();
    expect(thread.isStopped).toBe(false);
    thread.answerOne();
    made.hasher.rest();
    expect(thread.isStopped).toBe(true);
    expect(made.hasher.isRunning).toBe(false);
    made.now += 1000;
    made.startThread();
    expect(made.threads).toHaveLength(2);
  });

  test('that dies leaves what it had to the caller, and is not started again', async () => {
    const made = rig();
    const thread = made.startThread();
    const lost = made.hasher.offer(pieceOf(1), false);
    thread.die();
    expect(await lost).toBeNull();
    made.now += 1000;
    for (let i = 0; i < 10; i++) expect(made.hasher.offer(pieceOf(i), true)).toBeNull();
    expect(made.threads).toHaveLength(1);
  });

  test('that dies before it is ready costs nothing', () => {
    const made = rig();
    for (let i = 0; i < 4; i++) void made.hasher.offer(pieceOf(i), false);
    made.threads[0].die();
    expect(made.hasher.offer(pieceOf(9), true)).toBeNull();
  });
});

describe('a piece store with a thread', () => {
  const TORRENT = storedTorrent({ pieceLength: 40_000, files: [['', 95_000]] });

  test.each([
    ['short pieces', 1_048_576],
    ['long pieces', 16_384],
  ])('stores what is right and refuses what is wrong: %s', async (_name, hashTurnBytes) => {
    const made = rig();
    const thread = made.startThread();
    const { store, sendPiece, next, memory, buffers } = driveFaultyStore(TORRENT, {
      hasher: made.hasher,
      limits: { hashTurnBytes },
    });
    sendPiece(PEER_A, 0, damaged(TORRENT.pieceBytes(0), 20_000));
    store.store(P0, 'on-mismatch');
    await turns();
    thread.answerOne();
    expect(await next()).toMatchObject({ type: 'mismatch', piece: 0, blockDigests: { length: 3 } });
    for (const piece of [2, 0, 1]) {
      sendPiece(PEER_A, piece);
      store.store(piece as PieceIndex, 'never');
      await turns();
      thread.answerOne();
      expect(await next()).toEqual({ type: 'stored', piece });
    }
    const into = new Uint8Array(95_000);
    await memory.read(0, 95_000, into, 0);
    expectSameBytes(into, Buffer.concat([0, 1, 2].map((piece) => TORRENT.pieceBytes(piece))));
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
  });

  test('goes on with a long piece that it began to hash itself', async () => {
    const torrent = storedTorrent({ pieceLength: 1_000_000, files: [['', 1_000_000]] });
    const made = rig();
    const { store, send, next } = driveFaultyStore(torrent, { hasher: made.hasher, limits: { hashTurnBytes: 65_536 } });
    const blocks = torrent.metainfo.geometry.blockCount(P0);
    for (let block = 0; block < 20; block++) send(PEER_A, 0, block);
    const thread = made.startThread();
    for (let block = 20; block < blocks; block++) send(PEER_A, 0, block);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    expect(thread.pending).toHaveLength(0);
  });

  test('hashes itself what a thread had that is lost', async () => {
    const made = rig();
    const thread = made.startThread();
    const { store, sendPiece, next, buffers } = driveFaultyStore(TORRENT, { hasher: made.hasher });
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    await turns();
    expect(thread.pending).toHaveLength(1);
    thread.die();
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
  });
});

describe('a real thread', () => {
  async function running(): Promise<PieceHasher> {
    const hasher = new PieceHasher({ limits: { busyBytes: 0, busyMs: 1e9, minBytes: 500, maxHanded: 2 }, cores: 2 });
    for (let i = 0; i < 2; i++) void hasher.offer(pieceOf(i), false);
    while (!hasher.isRunning) await turns();
    return hasher;
  }

  test('tells what it found though nobody asks again, from one block of memory and from the next', async () => {
    const hasher = await running();
    for (const value of [5, 6, 7]) {
      const block = Buffer.from(new SharedArrayBuffer(4000));
      for (const at of [0, 1500, 3000]) {
        const bytes = block.subarray(at, at + 1000).fill(value + at / 500);
        expect(await hasher.offer(bytes, false)).toEqual(sha1(bytes));
      }
    }
    hasher.close();
    expect(hasher.offer(pieceOf(6), false)).toBeNull();
  });

  test('answers in order, more often than its ring has slots', async () => {
    const hasher = await running();
    for (let round = 0; round < 4; round++) {
      const pieces = Array.from({ length: RING_SLOTS }, (_, i) => pieceOf(round * 16 + i, 500 + i));
      const digests = await Promise.all(pieces.map(async (piece) => hasher.offer(piece, true)));
      expect(digests).toEqual(pieces.map((piece) => sha1(piece)));
    }
    hasher.close();
  });

  test('gives back what it has where it is closed', async () => {
    const hasher = await running();
    const hashed = hasher.offer(pieceOf(1, 50_000_000), false);
    hasher.close();
    expect(await hashed).toBeNull();
  });
});
