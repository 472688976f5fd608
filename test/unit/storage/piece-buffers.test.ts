import { describe, expect, test } from 'vitest';
import { PieceBuffers } from '../../../src/storage/piece-buffers.js';

describe('the budget', () => {
  test('is granted until it is used up, and again after a release', () => {
    const buffers = new PieceBuffers({ budgetBytes: 100 });
    expect(buffers.reserve(60)).toBe(true);
    expect(buffers.reserve(41)).toBe(false);
    expect(buffers.reserve(40)).toBe(true);
    buffers.release(60);
    expect(buffers.reserve(60)).toBe(true);
    expect(buffers.reservedBytes).toBe(100);
  });

  test('may be exceeded by force, and then grants nothing', () => {
    const buffers = new PieceBuffers({ budgetBytes: 100 });
    buffers.forceReserve(150);
    expect(buffers.reserve(1)).toBe(false);
    buffers.release(150);
    expect(buffers.reservedBytes).toBe(0);
  });

  test('never gets back more than it gave', () => {
    const buffers = new PieceBuffers({ budgetBytes: 100 });
    buffers.reserve(10);
    expect(() => buffers.release(11)).toThrow('more budget released');
  });
});

describe('buffers', () => {
  test('the last one given back is the first one out', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1000 });
    const first = buffers.take(100);
    const second = buffers.take(100);
    buffers.give(first);
    buffers.give(second);
    expect(buffers.take(100)).toBe(second);
    expect(buffers.take(100)).toBe(first);
  });

  test('have exactly the length that was asked for', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1000 });
    buffers.give(buffers.take(100));
    expect(buffers.take(99).length).toBe(99);
    expect(buffers.takenBytes).toBe(99);
    expect(buffers.idleBytes).toBe(100);
  });

  test('are not kept beyond the budget, whatever their sizes', () => {
    const buffers = new PieceBuffers({ budgetBytes: 250 });
    for (const taken of [100, 101, 102].map((length) => buffers.take(length))) buffers.give(taken);
    expect(buffers.idleBytes).toBeLessThanOrEqual(250);
    expect(buffers.takenBytes).toBe(0);
  });

  test('are dropped by trim', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1000 });
    const buffer = buffers.take(100);
    buffers.give(buffer);
    buffers.trim();
    expect(buffers.idleBytes).toBe(0);
    expect(buffers.take(100)).not.toBe(buffer);
  });
});

describe('buffers that a thread can see', () => {
  const isShared = (buffer: Buffer): boolean => buffer.buffer instanceof SharedArrayBuffer;

  test('are the long ones, where that was asked for', () => {
    expect(isShared(new PieceBuffers({ budgetBytes: 1000 }).take(500))).toBe(false);
    const buffers = new PieceBuffers({ budgetBytes: 1024, shared: { fromBytes: 128, maxBytes: 1024 } });
    expect(isShared(buffers.take(127))).toBe(false);
    expect(isShared(buffers.take(128))).toBe(true);
  });

  test('are parts of one block that do not overlap, and are used again', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1024, shared: { fromBytes: 128, maxBytes: 1024 } });
    const taken = [128, 320, 128, 448].map((length, i) => buffers.take(length).fill(i));
    expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(1);
    for (const [i, buffer] of taken.entries()) expect(new Set(buffer)).toEqual(new Set([i]));
    buffers.give(taken[2]);
    buffers.give(taken[0]);
    expect(buffers.idleBytes).toBe(256);
    expect(buffers.take(128)).toBe(taken[0]);
    expect(buffers.take(128)).toBe(taken[2]);
    expect(buffers.takenBytes).toBe(1024);
    expect(buffers.idleBytes).toBe(0);
  });

  test('are plain ones where the block is used up, and come back as such', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1024, shared: { fromBytes: 128, maxBytes: 1024 } });
    buffers.take(576);
    const plain = buffers.take(576);
    expect(isShared(plain)).toBe(false);
    buffers.give(plain);
    expect(buffers.takenBytes).toBe(576);
    expect(isShared(buffers.take(384))).toBe(true);
    expect(isShared(buffers.take(2000))).toBe(false);
  });

  test('of another length take the place of those that nobody has', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1024, shared: { fromBytes: 128, maxBytes: 1024 } });
    const taken = [500, 500].map((length) => buffers.take(length));
    for (const buffer of taken) buffers.give(buffer);
    expect(isShared(buffers.take(400))).toBe(true);
    expect(buffers.idleBytes).toBe(0);
  });

  test('are let go by trim, but for a block of which somebody has a part', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1024, shared: { fromBytes: 128, maxBytes: 1024 } });
    const first = buffers.take(128);
    buffers.trim();
    const second = buffers.take(128);
    expect(second.buffer).toBe(first.buffer);
    buffers.give(first);
    buffers.give(second);
    buffers.trim();
    expect(buffers.idleBytes).toBe(0);
    expect(buffers.take(512).byteOffset).toBe(0);
  });

  test('are of the block that was let go of while it is there: there is one, however often it is', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1024, shared: { fromBytes: 128, maxBytes: 1024 } });
    const blocks = new Set<ArrayBufferLike>();
    for (let i = 0; i < 3; i++) {
      const buffer = buffers.take(128);
      blocks.add(buffer.buffer);
      buffers.give(buffer);
      buffers.trim();
      buffers.trim();
    }
    expect(blocks.size).toBe(1);
  });

  test('begin where copies are quick, whatever their lengths', () => {
    const buffers = new PieceBuffers({ budgetBytes: 1024, shared: { fromBytes: 100, maxBytes: 1024 } });
    expect([129, 100, 200].map((length) => buffers.take(length).byteOffset % 64)).toEqual([0, 0, 0]);
  });

  test('are no more than a part of a large budget, and plain ones where the system has no such memory', () => {
    const buffers = new PieceBuffers({ budgetBytes: Infinity, shared: { fromBytes: 100, maxBytes: 300 } });
    expect([200, 200].map((length) => isShared(buffers.take(length)))).toEqual([true, false]);
    const poor = new PieceBuffers({ budgetBytes: 2 ** 50, shared: { fromBytes: 100, maxBytes: 2 ** 50 } });
    expect([200, 200].map((length) => isShared(poor.take(length)))).toEqual([false, false]);
    expect(poor.takenBytes).toBe(400);
  });
});
