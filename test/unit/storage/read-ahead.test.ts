import { describe, expect, test } from 'vitest';
import type { PieceIndex } from '../../../src/model/ids.js';
import { MemoryStorage } from '../../../src/storage/memory-storage.js';
import { ReadAhead } from '../../../src/storage/read-ahead.js';
import { FaultyStorage } from '../../support/faulty-storage.js';
import { expectSameBytes, storedTorrent } from '../../support/stored-torrent.js';

const TORRENT = storedTorrent({ pieceLength: 10_000, files: [['', 95_000]] });
const P0 = 0 as PieceIndex;

function setUp(readCacheBytes = 12_000): { readAhead: ReadAhead; storage: FaultyStorage } {
  const memory = new MemoryStorage(TORRENT.metainfo.files);
  memory.write(0, TORRENT.content, 0, TORRENT.content.length);
  const storage = new FaultyStorage(memory);
  return {
    storage,
    readAhead: new ReadAhead(storage, TORRENT.metainfo.geometry, { readAheadBytes: 4000, readCacheBytes, maxLentBytes: 16_000 }),
  };
}

describe('ReadAhead', () => {
  test('reads each window once, however many ask for it at a time', async () => {
    const { readAhead, storage } = setUp();
    const parts = await Promise.all([0, 1000, 2000, 3000].map((begin) => readAhead.read(P0, begin, 1000)));
    for (const [i, part] of parts.entries()) expectSameBytes(part, TORRENT.content.subarray(i * 1000, (i + 1) * 1000));
    expect(storage.readCount).toBe(1);
    expect(readAhead.peek(P0, 500, 3500)).toHaveLength(3500);
    expect(readAhead.peek(P0, 500, 3501)).toBeNull();
  });

  test('joins what lies across windows, up to the end of the last piece', async () => {
    const { readAhead } = setUp();
    expectSameBytes(await readAhead.read(P0, 10, 9990), TORRENT.content.subarray(10, 10_000));
    expectSameBytes(await readAhead.read(9 as PieceIndex, 3999, 1001), TORRENT.content.subarray(93_999, 95_000));
  });

  test('keeps what was used last, within its bound, and views given out stay right', async () => {
    const { readAhead, storage } = setUp();
    const view = await readAhead.read(P0, 0, 4000);
    for (let piece = 1; piece < 9; piece++) {
      expect(readAhead.peek(P0, 0, 4000)).not.toBeNull();
      await readAhead.read(piece as PieceIndex, 0, 100);
      expect(readAhead.cachedBytes).toBeLessThanOrEqual(12_000);
    }
    const reads = storage.readCount;
    for (let piece = 1; piece < 9; piece++) await readAhead.read(piece as PieceIndex, 4000, 100);
    expect(storage.readCount).toBe(reads + 8);
    expect(readAhead.peek(P0, 0, 4000)).toBeNull();
    expectSameBytes(view, TORRENT.content.subarray(0, 4000));
  });

  test('memory is used again when its window has left the cache and everything lent of it was given back', async () => {
    const { readAhead } = setUp(4000);
    const [first, second] = await Promise.all([readAhead.read(P0, 0, 100), readAhead.read(P0, 200, 100)]);
    const third = readAhead.peek(P0, 300, 100);
    readAhead.release(first);
    await readAhead.read(1 as PieceIndex, 0, 100);
    readAhead.release(second);
    expect((await readAhead.read(2 as PieceIndex, 0, 100)).buffer).not.toBe(first.buffer);
    expectSameBytes(third ?? new Uint8Array(), TORRENT.content.subarray(300, 400));
    readAhead.release(third ?? new Uint8Array());
    expect((await readAhead.read(3 as PieceIndex, 0, 100)).buffer).toBe(first.buffer);
  });

  test('a window takes no more memory than a piece has: what is kept is what is counted', async () => {
    const { storage } = setUp();
    const limits = { readAheadBytes: 1_000_000, readCacheBytes: 30_000, maxLentBytes: 20_000 };
    const readAhead = new ReadAhead(storage, TORRENT.metainfo.geometry, limits);
    const bytes: number[] = [];
    // Beyond what may be lent it is a copy.
    for (const piece of [0, 1, 9]) bytes.push((await readAhead.read(piece as PieceIndex, 0, 5000)).buffer.byteLength);
    expect(bytes).toEqual([10_000, 10_000, 5000]);
    expect([readAhead.cachedBytes, readAhead.heldCount]).toEqual([25_000, 2]);
  });

  test('a block that would hold one window too many is a copy', async () => {
    const { readAhead } = setUp(4000);
    for (let piece = 0; piece < 9; piece++) {
      const bytes = await readAhead.read(piece as PieceIndex, 100, 100);
      expectSameBytes(bytes, TORRENT.content.subarray(piece * 10_000 + 100, piece * 10_000 + 200));
    }
    expect(readAhead.heldCount).toBe(4);
  });

  test('a copy across windows holds none of them, and giving it back is nothing', async () => {
    const { readAhead } = setUp();
    readAhead.release(await readAhead.read(P0, 3000, 6000));
    expect(readAhead.heldCount).toBe(0);
  });

  test('keeps one window even where the bound is smaller', async () => {
    const { readAhead } = setUp(1);
    await readAhead.read(P0, 0, 100);
    expect(readAhead.peek(P0, 100, 100)).not.toBeNull();
  });

  test('a read that fails is told to all who wait, and tried again by the next one', async () => {
    const { readAhead, storage } = setUp();
    storage.readErrno = 'EIO';
    const failed = await Promise.allSettled([readAhead.read(P0, 0, 100), readAhead.read(P0, 200, 100)]);
    expect(failed.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect([readAhead.cachedBytes, readAhead.heldCount]).toEqual([0, 0]);
    storage.readErrno = null;
    expectSameBytes(await readAhead.read(P0, 0, 100), TORRENT.content.subarray(0, 100));
  });
});
