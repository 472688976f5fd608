import { describe, expect, test, vi } from 'vitest';
import { sha1 } from '../../../src/hash/digest.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { PieceHasher } from '../../../src/storage/piece-hasher.js';
import { ScriptedHashThread } from '../../support/scripted-hash-thread.js';
import { driveFaultyStore, PEER_A, turns } from '../../support/store-driver.js';
import { damaged, expectSameBytes, storedTorrent } from '../../support/stored-torrent.js';

const P0 = 0 as PieceIndex;

function pieceOf(value: number, length = 1000): Buffer {
  return Buffer.from(new ArrayBuffer(length)).fill(value);
}

interface Rig {
  readonly hasher: PieceHasher;
  readonly threads: ScriptedHashThread[];
  now: number;
  /** How often moves of memory were foretold. */
  foretold: number;
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
    foretellMoves: () => {
      made.foretold++;
    },
  });
  const made: Rig = {
    hasher,
    threads,
    now: 0,
    foretold: 0,
    startThread: () => {
      for (let i = 0; i < 4; i++) void hasher.offer(pieceOf(i), 1000, false);
      threads[threads.length - 1].ready();
      return threads[threads.length - 1];
    },
  };
  return made;
}

describe('that memory will move is foretold', () => {
  test('once, where pieces are expected that a thread may take', () => {
    const made = rig();
    made.hasher.expect(499);
    expect(made.foretold).toBe(0);
    made.hasher.expect(500);
    made.hasher.expect(1000);
    expect(made.foretold).toBe(1);
  });

  test('not where there will be no thread', () => {
    const made = rig(1);
    made.hasher.expect(1000);
    expect(made.foretold).toBe(0);
  });
});

test('foretelling is one move of memory, by itself where nothing else is given', () => {
  const clone = vi.spyOn(globalThis, 'structuredClone');
  try {
    new PieceHasher({ limits: { busyBytes: 0, busyMs: 1e9, minBytes: 500, maxHanded: 2 }, cores: 2 }).expect(500);
    expect(clone.mock.calls).toHaveLength(1);
    expect(clone.mock.calls[0][0]).toHaveProperty('byteLength', 0);
  } finally {
    clone.mockRestore();
  }
});

describe('a thread is started', () => {
  test('when so much comes in so short a time', () => {
    const made = rig();
    for (let i = 0; i < 3; i++) expect(made.hasher.offer(pieceOf(i), 1000, false)).toBeNull();
    expect(made.threads).toHaveLength(0);
    expect(made.hasher.offer(pieceOf(3), 1000, false)).toBeNull();
    expect(made.threads).toHaveLength(1);
    expect(made.hasher.isRunning).toBe(false);
    made.threads[0].ready();
    expect(made.hasher.isRunning).toBe(true);
  });

  test('not for the same bytes in a longer time, nor for one long piece', () => {
    const made = rig();
    for (let i = 0; i < 20; i++) {
      made.now += 60;
      void made.hasher.offer(pieceOf(i), 1000, false);
    }
    made.now += 200;
    void made.hasher.offer(pieceOf(1, 50_000), 50_000, false);
    expect(made.threads).toHaveLength(0);
  });

  test('not for short pieces, and a running one takes none', () => {
    const made = rig();
    for (let i = 0; i < 50; i++) expect(made.hasher.offer(pieceOf(i, 499), 499, true)).toBeNull();
    expect(made.threads).toHaveLength(0);
    made.startThread();
    expect(made.hasher.offer(pieceOf(1, 499), 499, true)).toBeNull();
    expect(made.hasher.offer(pieceOf(1, 500), 500, true)).not.toBeNull();
  });

  test('never where there is one core', () => {
    const made = rig(1);
    for (let i = 0; i < 10; i++) void made.hasher.offer(pieceOf(i), 1000, true);
    expect(made.threads).toHaveLength(0);
  });
});

describe('a running thread', () => {
  test('takes the memory, and brings it back with the digest of the bytes that count', async () => {
    const made = rig();
    const thread = made.startThread();
    const buffer = pieceOf(7);
    const hashed = made.hasher.offer(buffer, 900, false);
    expect(buffer.length).toBe(0);
    thread.answerOne();
    const { digest, buffer: back } = (await hashed) ?? { digest: null, buffer: null };
    expect(digest).toEqual(sha1(new Uint8Array(900).fill(7)));
    expect(back).toEqual(pieceOf(7));
  });

  test('has two pieces at most, unless somebody may wait', () => {
    const made = rig();
    const thread = made.startThread();
    expect(made.hasher.offer(pieceOf(1), 1000, false)).not.toBeNull();
    expect(made.hasher.offer(pieceOf(2), 1000, false)).not.toBeNull();
    expect(made.hasher.offer(pieceOf(3), 1000, false)).toBeNull();
    expect(made.hasher.offer(pieceOf(4), 1000, true)).not.toBeNull();
    expect(thread.pending).toHaveLength(3);
  });

  test('is asked for its answers at each offer: no event has to come first', async () => {
    const made = rig();
    const thread = made.startThread();
    const first = made.hasher.offer(pieceOf(1), 1000, false);
    void made.hasher.offer(pieceOf(2), 1000, false)?.catch(() => {});
    thread.hashOne();
    expect(made.hasher.offer(pieceOf(3), 1000, false)).not.toBeNull();
    expect((await first)?.digest).toEqual(sha1(pieceOf(1)));
  });

  test('rests when nothing is out, and comes again when it is needed', () => {
    const made = rig();
    const thread = made.startThread();
    void made.hasher.offer(pieceOf(1), 1000, false);
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

  test('that dies loses what it had, and is not started again', async () => {
    const made = rig();
    const thread = made.startThread();
    const lost = made.hasher.offer(pieceOf(1), 1000, false);
    thread.die();
    await expect(lost).rejects.toThrow('lost what it had');
    made.now += 1000;
    for (let i = 0; i < 10; i++) expect(made.hasher.offer(pieceOf(i), 1000, true)).toBeNull();
    expect(made.threads).toHaveLength(1);
  });

  test('that dies before it is ready costs nothing', () => {
    const made = rig();
    for (let i = 0; i < 4; i++) void made.hasher.offer(pieceOf(i), 1000, false);
    made.threads[0].die();
    const buffer = pieceOf(9);
    expect(made.hasher.offer(buffer, 1000, true)).toBeNull();
    expect(buffer.length).toBe(1000);
  });
});

describe('a piece store with a thread', () => {
  const TORRENT = storedTorrent({ pieceLength: 40_000, files: [['', 95_000]] });

  test('foretells moves of memory where it lacks pieces, and not where it is whole', () => {
    const made = rig();
    driveFaultyStore(TORRENT, { hasher: made.hasher, have: Bitfield.full(TORRENT.metainfo.geometry.pieceCount) });
    expect(made.foretold).toBe(0);
    driveFaultyStore(TORRENT, { hasher: made.hasher });
    expect(made.foretold).toBe(1);
  });

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

  test('crashes where the thread is lost with a piece, and its memory is no longer counted', async () => {
    const made = rig();
    const thread = made.startThread();
    const { store, sendPiece, next, buffers } = driveFaultyStore(TORRENT, { hasher: made.hasher });
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    await turns();
    thread.die();
    expect(await next()).toMatchObject({ type: 'crash' });
    expect(buffers.takenBytes).toBe(0);
    expect(buffers.reservedBytes).toBe(0);
    sendPiece(PEER_A, 0);
    store.store(P0, 'never');
    expect(await next()).toEqual({ type: 'stored', piece: 0 });
  });

  test('hashes with a real thread', async () => {
    const hasher = new PieceHasher({ limits: { busyBytes: 0, busyMs: 1e9, minBytes: 500, maxHanded: 2 }, cores: 2 });
    for (let i = 0; i < 2; i++) void hasher.offer(pieceOf(i), 1000, false);
    while (!hasher.isRunning) await turns();
    const buffer = pieceOf(5);
    const hashed = hasher.offer(buffer, 1000, false);
    expect(buffer.length).toBe(0);
    expect((await hashed)?.digest).toEqual(sha1(pieceOf(5)));
    hasher.close();
    expect(hasher.offer(pieceOf(6), 1000, false)).toBeNull();
  });
});
