import { describe, expect, test } from 'vitest';
import type { PieceIndex } from '../../../src/model/ids.js';
import { UploadQueue, type UploadRequest } from '../../../src/session/upload-queue.js';

const request = (piece: number, length = 10): UploadRequest => ({ piece: piece as PieceIndex, begin: 0, length });

describe('UploadQueue', () => {
  test('keeps requests in order, and no more than its limit', () => {
    const queue = new UploadQueue(2, 1000);
    expect([1, 2, 3].map((piece) => queue.push(request(piece)))).toEqual([true, true, false]);
    expect([queue.take()?.piece, queue.take()?.piece, queue.take()]).toEqual([1, 2, null]);
  });

  test('hands out no more than the connection takes', () => {
    const queue = new UploadQueue(10, 15);
    for (const piece of [1, 2, 3]) queue.push(request(piece));
    expect(queue.take()?.piece).toBe(1);
    expect(queue.take()?.piece).toBe(2);
    expect(queue.take()).toBeNull();
    queue.settle(10);
    expect(queue.take()?.piece).toBe(3);
    queue.settle(1000);
    expect(queue.take()).toBeNull();
  });

  test('cancels exactly what waits', () => {
    const queue = new UploadQueue(10, 1000);
    queue.push(request(1));
    expect(queue.cancel(request(1, 11))).toBe(false);
    expect(queue.cancel(request(1))).toBe(true);
    expect(queue.cancel(request(1))).toBe(false);
    expect(queue.length).toBe(0);
  });

  test('drops what is named and says so', () => {
    const queue = new UploadQueue(10, 1000);
    for (const piece of [1, 2, 3]) queue.push(request(piece));
    expect(queue.dropAll(({ piece }) => piece !== 2).map(({ piece }) => piece)).toEqual([1, 3]);
    expect(queue.take()?.piece).toBe(2);
  });
});
