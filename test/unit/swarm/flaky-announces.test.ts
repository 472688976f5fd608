// Whose announces a flaky tracker fails, and what counts as a download.

import { expect, test } from 'vitest';
import { createRandom } from '../../../src/model/random.js';
import { DownloadCount } from '../../../src/swarm/download-count.js';
import { flakyAnnounces } from '../../../src/swarm/flaky-announces.js';

const wanting = { left: 5, event: null } as const;

test('every second one of those who want something, each kind among them, and the same ones from the same seed', () => {
  const fates = (seed: number): (string | null)[] => {
    const failureOf = flakyAnnounces(createRandom(seed));
    return Array.from({ length: 40 }, () => failureOf(wanting));
  };
  const some = fates(1);
  expect(some.filter((_, i) => i % 2 === 1)).toEqual(Array(20).fill(null));
  expect(new Set(some.filter((_, i) => i % 2 === 0))).toEqual(new Set(['status-500', 'failure-reason', 'no-answer']));
  expect(fates(1)).toEqual(some);
});

test('seeds, and whoever is through or goes, are answered, and change nothing for the others', () => {
  const failureOf = flakyAnnounces(createRandom(1));
  expect(failureOf({ left: 0, event: 'started' })).toBeNull();
  expect(failureOf({ left: 0, event: 'completed' })).toBeNull();
  expect(failureOf({ left: 3, event: 'stopped' })).toBeNull();
  expect(failureOf(wanting)).not.toBeNull();
  expect(failureOf({ left: 0, event: null })).toBeNull();
  expect(failureOf(wanting)).toBeNull();
});

const id = (n: number): Uint8Array => new Uint8Array(20).fill(n);

test('a client counts once, however it says that it is through; a seed does not', () => {
  const count = new DownloadCount();
  const note = (n: number, left: number, event: 'started' | 'completed' | 'stopped' | null): number => {
    count.note({ peerId: id(n), left, event });
    return count.completed;
  };
  expect(note(1, 0, 'started')).toBe(0);
  expect(note(2, 9, 'started')).toBe(0);
  expect(note(2, 0, 'completed')).toBe(1);
  expect(note(2, 0, 'completed')).toBe(1);
  expect(note(2, 0, 'stopped')).toBe(1);
  // One that forgets to say it.
  expect(note(3, 9, 'started')).toBe(1);
  expect(note(3, 0, 'stopped')).toBe(2);
  // One that we never heard the start of.
  expect(note(4, 0, 'completed')).toBe(3);
  // One that gave up.
  note(5, 9, 'started');
  expect(note(5, 9, 'stopped')).toBe(3);
  expect(note(1, 0, 'stopped')).toBe(3);
});
