import { expect, test } from 'vitest';
import { PieceHashRing, RING_SLOTS } from '../../../src/storage/piece-hash-ring.js';

/** Both sides of one ring, in one thread. */
function sides(): { loop: PieceHashRing; thread: PieceHashRing } {
  const loop = new PieceHashRing();
  return { loop, thread: new PieceHashRing(loop.memory) };
}

const digestOf = (value: number): Uint8Array => new Uint8Array(20).fill(value);

test('tasks and digests arrive as they were sent, in order, round after round', () => {
  const { loop, thread } = sides();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < RING_SLOTS; i++)
      loop.ask({ isNewMemory: i % 2 === 0, offset: i * 1000 + round, length: 2_000_000_000 + i });
    expect(loop.out).toBe(RING_SLOTS);
    for (let i = 0; i < RING_SLOTS; i++) {
      expect(thread.waitForTask()).toEqual({ isNewMemory: i % 2 === 0, offset: i * 1000 + round, length: 2_000_000_000 + i });
      thread.answer(digestOf(i + round));
    }
    for (let i = 0; i < RING_SLOTS; i++) expect(loop.takeAnswer()).toEqual(digestOf(i + round));
    expect(loop.takeAnswer()).toBeNull();
    expect(loop.out).toBe(0);
  }
});

test('a digest that was taken stays as it was', () => {
  const { loop, thread } = sides();
  loop.ask({ isNewMemory: false, offset: 0, length: 1 });
  thread.waitForTask();
  thread.answer(digestOf(1));
  const taken = loop.takeAnswer();
  for (let i = 0; i < RING_SLOTS; i++) {
    loop.ask({ isNewMemory: false, offset: 0, length: 1 });
    thread.waitForTask();
    thread.answer(digestOf(2));
  }
  expect(taken).toEqual(digestOf(1));
});

test('an event is wanted for the next answer and for no other', () => {
  const { loop, thread } = sides();
  for (let i = 0; i < 3; i++) loop.ask({ isNewMemory: false, offset: 0, length: 1 });
  const answer = (): boolean => {
    thread.waitForTask();
    return thread.answer(digestOf(0));
  };
  expect(answer()).toBe(false);
  loop.wantEvent();
  expect(answer()).toBe(true);
  expect(answer()).toBe(false);
});
