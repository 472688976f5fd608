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
