// What slow steps take of the loop is counted, and forgiven as time passes: too much of it sends what follows to the thread pool.

import { expect, test } from 'vitest';
import { WritePace } from '../../../src/storage/write-pace.js';

const LIMITS = { stepBytes: 4, slowStepMs: 10, slowBudgetMs: 40, slowShare: 0.1, slowPauseMs: 2000 };

interface Rig {
  readonly pace: WritePace;
  now: number;
  step(ms: number): void;
}

function rig(): Rig {
  const made: Rig = {
    pace: new WritePace(LIMITS, () => made.now),
    now: 0,
    step: (ms) => void made.pace.time(() => (made.now += ms)),
  };
  return made;
}

test('stays quick while steps are quick, however many, and says what they say', () => {
  const made = rig();
  for (let i = 0; i < 100; i++) made.step(10);
  expect(made.pace.time(() => 'done')).toBe('done');
  expect(made.pace.isQuick).toBe(true);
});

test('is slow for the pause after a very slow step, and then quick again', () => {
  const made = rig();
  made.step(41);
  expect(made.pace.isQuick).toBe(false);
  made.now += 1999;
  expect(made.pace.isQuick).toBe(false);
  made.now += 1;
  expect(made.pace.isQuick).toBe(true);
});

test('one interruption says nothing', () => {
  const made = rig();
  made.step(40);
  expect(made.pace.isQuick).toBe(true);
});

test('several in a row do, quick steps in between or not', () => {
  const made = rig();
  for (const ms of [15, 1, 15, 1]) made.step(ms);
  expect(made.pace.isQuick).toBe(true);
  made.step(15);
  expect(made.pace.isQuick).toBe(false);
});

test('what slow ones take is not forgiven while they take it', () => {
  const made = rig();
  made.step(20);
  made.step(21);
  expect(made.pace.isQuick).toBe(false);
});

test('a slow one now and then, a tenth of the time, is forgiven', () => {
  const made = rig();
  for (let i = 0; i < 1000; i++) {
    made.step(20);
    made.now += 200;
  }
  expect(made.pace.isQuick).toBe(true);
  for (let i = 0; i < 5; i++) {
    made.step(20);
    made.now += 50;
  }
  expect(made.pace.isQuick).toBe(false);
});

test('one slow step right after the pause shows that the disk is still slow; later it takes several again, however slow it was', () => {
  const made = rig();
  for (let i = 0; i < 4; i++) made.step(12);
  made.now += 2000;
  expect(made.pace.isQuick).toBe(true);
  made.step(11);
  expect(made.pace.isQuick).toBe(false);
  made.step(30_000);
  made.now += 2000 + 400;
  made.step(40);
  expect(made.pace.isQuick).toBe(true);
});
