// Pieces in memory for readers: each in a buffer of its own, gone when it is forgotten, and used again where nobody may still have it.

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

test('memory that was only lent is used again, as much as may be held; what was handed out for good or kept is not', () => {
  const storage = new WindowStorage(new Geometry(1050, 100), 300);
  const fill = (index: number): void => storage.write(index * 100, pseudoRandomBytes(`piece ${index}`, 100), 0, 100);
  for (const index of [0, 1, 2]) fill(index);
  const lent = storage.lend(piece(0));
  const seen = storage.view(piece(1));
  const kept = storage.lend(piece(2));
  storage.keep(piece(2));
  for (const index of [0, 1, 2]) storage.forget(piece(index));
  expect([storage.heldBytes, storage.idleBytes]).toEqual([0, 100]);
  for (const index of [3, 4, 5]) fill(index);
  expect(storage.lend(piece(3))).toBe(lent);
  expect(Buffer.from(lent ?? [])).toEqual(Buffer.from(pseudoRandomBytes('piece 3', 100)));
  expect(Buffer.from(seen ?? [])).toEqual(Buffer.from(pseudoRandomBytes('piece 1', 100)));
  expect(Buffer.from(kept ?? [])).toEqual(Buffer.from(pseudoRandomBytes('piece 2', 100)));
  // The last piece is shorter, and gets memory of its own.
  storage.forget(piece(3));
  storage.write(1000, pseudoRandomBytes('last', 50), 0, 50);
  expect(storage.lend(piece(10))?.length).toBe(50);
  expect(storage.idleBytes).toBe(100);
  for (const index of [6, 7]) fill(index);
  for (const index of [10, 4, 5, 6, 7]) storage.forget(piece(index));
  expect([storage.heldBytes, storage.idleBytes]).toEqual([0, 300]);
  storage.releaseIdle();
  expect(storage.idleBytes).toBe(0);
});
