import { expect, test } from 'vitest';
import { LoopClock } from '../../../src/engine/loop-clock.js';

function clock(): { at: number; clock: LoopClock } {
  const source = { at: 0 };
  return Object.assign(source, { clock: new LoopClock(() => source.at, 1000) });
}

test('it passes as its source does while timers come in time', () => {
  const source = clock();
  source.at = 500;
  expect(source.clock.now(null)).toBe(500);
  source.at = 900;
  expect(source.clock.now(800)).toBe(900);
  // Late, but honestly so.
  source.at = 1800;
  expect(source.clock.now(800)).toBe(1800);
});

test('a timer that is hours late was asleep: that time never was', () => {
  const source = clock();
  source.at = 3_600_000 + 100;
  expect(source.clock.now(100)).toBe(1100);
  // From there on it goes at the source's pace.
  source.at += 250;
  expect(source.clock.now(null)).toBe(1350);
  expect(source.clock.now(1300)).toBe(1350);
});

test('two sleeps add up, and time never goes back', () => {
  const source = clock();
  let last = 0;
  let due = 100;
  for (const step of [50, 100_000, 20, 2_000_000, 5]) {
    source.at += step;
    const now = source.clock.now(due);
    expect(now).toBeGreaterThanOrEqual(last);
    expect(now - last).toBeLessThanOrEqual(1000 + 100);
    last = now;
    due = now + 100;
  }
});

test('without a timer nothing tells a sleep from a silence', () => {
  const source = clock();
  source.at = 3_600_000;
  expect(source.clock.now(null)).toBe(3_600_000);
});
