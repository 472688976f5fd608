// A slow step sends what follows to the thread pool for a while; quick ones change nothing.

import { expect, test } from 'vitest';
import { WritePace } from '../../../src/storage/write-pace.js';

const LIMITS = { stepBytes: 4, slowStepMs: 10, slowPauseMs: 2000 };

test('stays quick while steps are quick, and says what they say', () => {
  let now = 0;
  const pace = new WritePace(LIMITS, () => now);
  const step = (): string => {
    now += 10;
    return 'done';
  };
  expect(pace.time(step)).toBe('done');
  expect(pace.isQuick).toBe(true);
});

test('is slow for the pause after a slow step, and then quick again', () => {
  let now = 0;
  const pace = new WritePace(LIMITS, () => now);
  pace.time(() => (now += 11));
  expect(pace.isQuick).toBe(false);
  now += 1999;
  expect(pace.isQuick).toBe(false);
  now += 1;
  expect(pace.isQuick).toBe(true);
});
