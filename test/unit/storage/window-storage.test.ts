// Pieces in memory for readers: each in a buffer of its own, gone when it is forgotten, never used again.

import { expect, test } from 'vitest';
import { Geometry } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { WindowStorage } from '../../../src/storage/window-storage.js';
import { pseudoRandomBytes } from '../../support/payload.js';

const piece = (index: number): PieceIndex => index as PieceIndex;

test('what was written is there, piece by piece, the last one short', async () => {
  const storage = new WindowStorage(new Geometry(250, 100));
  const bytes = pseudoRandomBytes('window', 250);
  storage.write(0, bytes, 0, 250);
  expect([0, 1, 2].map((index) => storage.view(piece(index))?.length)).toEqual([100, 100, 50]);
  expect(storage.heldBytes).toBe(250);
  const read = new Uint8Array(60);
  await storage.read(80, 40, read, 10);
  expect(read.subarray(10, 50)).toEqual(bytes.subarray(80, 120));
});

test('a part of a chunk goes to where it belongs', () => {
  const storage = new WindowStorage(new Geometry(250, 100));
  storage.write(200, pseudoRandomBytes('window', 80), 20, 70);
  expect(Buffer.from(storage.view(piece(2)) ?? [])).toEqual(Buffer.from(pseudoRandomBytes('window', 80).subarray(20, 70)));
  expect(storage.view(piece(1))).toBeNull();
});

test('what is forgotten is gone, and what was seen of it stays as it was', async () => {
  const storage = new WindowStorage(new Geometry(250, 100));
  storage.write(0, pseudoRandomBytes('one', 100), 0, 100);
  const seen = storage.view(piece(0));
  storage.forget(piece(0));
  storage.forget(piece(0));
  expect(storage.heldBytes).toBe(0);
  await expect(storage.read(0, 10, new Uint8Array(10), 0)).rejects.toThrow('piece 0 in memory');
  storage.write(0, pseudoRandomBytes('two', 100), 0, 100);
  expect(Buffer.from(seen ?? [])).toEqual(Buffer.from(pseudoRandomBytes('one', 100)));
  storage.close();
  expect(storage.heldBytes).toBe(0);
});
