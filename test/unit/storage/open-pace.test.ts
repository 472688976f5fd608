// Files are opened by the thread pool once the disk is seen to be slow at it: not for one that took long by chance, and not for ever.

import { expect, test } from 'vitest';
import { OpenPace } from '../../../src/storage/open-pace.js';

const LIMITS = { slowOpenMs: 1, slowOpens: 3, slowPauseMs: 2000 };

class TimedOpenings {
  now = 0;
  readonly pace = new OpenPace(LIMITS, () => this.now);

  open(...durations: number[]): void {
    for (const ms of durations) this.pace.time(() => (this.now += ms));
  }
}

test('gives what the opening gives, and stays quick while openings are', () => {
  const openings = new TimedOpenings();
  expect(openings.pace.time(() => 'opened')).toBe('opened');
  openings.open(1, 1, 1, 1, 1);
  expect(openings.pace.isQuick).toBe(true);
});

test('slow ones among quick ones are chance', () => {
  const openings = new TimedOpenings();
  openings.open(2, 2, 0, 2, 0, 2, 0, 50, 0);
  expect(openings.pace.isQuick).toBe(true);
});

test('as many slow ones as allowed make a pause', () => {
  const openings = new TimedOpenings();
  openings.open(2, 2, 2);
  expect(openings.pace.isQuick).toBe(false);
  openings.now += 1999;
  expect(openings.pace.isQuick).toBe(false);
  openings.now += 1;
  expect(openings.pace.isQuick).toBe(true);
});

test('after the pause one slow opening makes the next, and a quick one leaves two to go', () => {
  const openings = new TimedOpenings();
  openings.open(2, 2, 2);
  openings.now += 2000;
  openings.open(2);
  expect(openings.pace.isQuick).toBe(false);
  openings.now += 2000;
  openings.open(0, 0, 2);
  expect(openings.pace.isQuick).toBe(true);
  openings.open(2);
  expect(openings.pace.isQuick).toBe(false);
});

test('an opening that fails is no measure', () => {
  const openings = new TimedOpenings();
  const fail = (): never => {
    openings.now += 50;
    throw new Error('no such folder');
  };
  for (let i = 0; i < 5; i++) expect(() => openings.pace.time(fail)).toThrow('no such folder');
  expect(openings.pace.isQuick).toBe(true);
});
