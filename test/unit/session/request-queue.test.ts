import { describe, expect, test } from 'vitest';
import type { PieceIndex } from '../../../src/model/ids.js';
import { RequestQueue } from '../../../src/session/request-queue.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

const piece = 0 as PieceIndex;
const BLOCK = 16_384;

/** Keeps the queue full for `answers` blocks that each take `rttMs`; the depth after that. */
function settle(queue: RequestQueue, answers: number, rttMs: number, rate: number): number {
  let next = 0;
  let now = 0;
  for (let i = 0; i < answers; i++) {
    for (let room = queue.room(); room > 0; room--) queue.push(piece, next++, now);
    now += rttMs;
    const [first] = queue;
    queue.answer(piece, first.block, Math.max(now, first.sentAt + rttMs), rate);
  }
  return queue.depth;
}

describe('RequestQueue', () => {
  test('begins with 16 and refills in halves', () => {
    const queue = new RequestQueue(SIM_LIMITS);
    expect(queue.room()).toBe(16);
    for (let block = 0; block < 16; block++) queue.push(piece, block, 0);
    for (let block = 0; block < 7; block++) {
      queue.answer(piece, block, 10, 0);
      expect(queue.room()).toBe(0);
    }
    queue.answer(piece, 7, 10, 0);
    expect(queue.room()).toBe(8);
  });

  test('doubles while it is full', () => {
    const depths = [15, 16, 48, 112].map((answers) => settle(new RequestQueue(SIM_LIMITS), answers, 10, 0));
    expect(depths).toEqual([16, 32, 64, 112]);
  });

  test('settles at twice the link delay and up to a second of the rate, capped for the cache', () => {
    const slow = 20 * BLOCK;
    expect(settle(new RequestQueue(SIM_LIMITS), 3000, 100, slow)).toBe(24);
    const fast = 50_000 * BLOCK;
    expect(settle(new RequestQueue(SIM_LIMITS), 3000, 0.1, fast)).toBe(122);
    expect(settle(new RequestQueue(SIM_LIMITS), 3000, 100, 1000 * BLOCK)).toBe(250);
  });

  test('never asks more than the peer takes, nor more than 500', () => {
    const queue = new RequestQueue(SIM_LIMITS);
    queue.setReqq(4);
    expect(queue.depth).toBe(4);
    for (const nonsense of [0, -3, 1.5, Number.NaN, Infinity]) queue.setReqq(nonsense);
    expect(queue.depth).toBe(4);
    const generous = new RequestQueue(SIM_LIMITS);
    generous.setReqq(1_000_000);
    expect(settle(generous, 20_000, 500, 10_000 * BLOCK)).toBe(500);
  });

  test('a silent peer is snubbed: one request at a time until it answers', () => {
    const queue = new RequestQueue(SIM_LIMITS);
    expect(queue.checkSnubbed(1e9)).toBe(false);
    queue.push(piece, 0, 1000);
    queue.push(piece, 1, 1000);
    expect(queue.checkSnubbed(20_999)).toBe(false);
    expect(queue.checkSnubbed(21_000)).toBe(true);
    expect(queue.isSnubbed).toBe(true);
    expect(queue.clear(() => false).map(({ block }) => block)).toEqual([0, 1]);
    expect(queue.depth).toBe(1);
    queue.push(piece, 5, 30_000);
    expect(queue.room()).toBe(0);
    expect(queue.checkSnubbed(49_999)).toBe(false);
    expect(queue.checkSnubbed(50_000), 'its one request goes to others too').toBe(true);
    expect(queue.answer(piece, 5, 50_001, 0)).toBe(true);
    expect(queue.isSnubbed).toBe(false);
    expect(queue.depth).toBe(16);
  });

  test('takes no more than its share of the memory budget, but a few blocks always', () => {
    const queue = new RequestQueue(SIM_LIMITS);
    queue.setShare(10);
    expect(queue.depth).toBe(10);
    queue.setShare(0);
    expect(queue.depth).toBe(SIM_LIMITS.minShare);
  });

  test('a peer that is overtaken after two silent seconds is snubbed at once', () => {
    const queue = new RequestQueue(SIM_LIMITS);
    queue.push(piece, 0, 0);
    expect(queue.checkOvertaken(1999)).toBe(false);
    expect(queue.checkOvertaken(2000)).toBe(true);
    expect(queue.depth).toBe(1);
  });

  test('takes back single requests, and all but some', () => {
    const queue = new RequestQueue(SIM_LIMITS);
    for (let block = 0; block < 3; block++) queue.push(piece, block, 0);
    queue.push(1 as PieceIndex, 0, 0);
    expect(queue.remove(piece, 1)).toBe(true);
    expect(queue.remove(piece, 1)).toBe(false);
    expect(queue.answer(piece, 1, 5, 0)).toBe(false);
    expect(queue.has(piece, 2)).toBe(true);
    expect(queue.clear((other) => other === 1)).toHaveLength(2);
    expect([...queue].map((request) => request.piece)).toEqual([1]);
  });
});
