// A look-up that takes too long, or that nobody waits for any more, names no address.

import { expect, test, vi } from 'vitest';
import { resolveWithin, type Resolver } from '../../../src/io/resolver.js';

const never: Resolver = { resolve: () => new Promise(() => undefined) };
const found: Resolver = { resolve: (host) => Promise.resolve([`${host} is 10.0.0.1`]) };
const { signal } = new AbortController();

test('what is found in time', async () => {
  expect(await resolveWithin(found, 'x', 1000, signal)).toEqual(['x is 10.0.0.1']);
});

test('nothing, once the time is up', async () => {
  vi.useFakeTimers();
  try {
    const answers: (readonly string[])[] = [];
    const waiting = resolveWithin(never, 'x', 1000, signal).then((hosts) => answers.push(hosts));
    await vi.advanceTimersByTimeAsync(999);
    expect(answers).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(answers).toEqual([[]]);
  } finally {
    vi.useRealTimers();
  }
});

test('nothing, when given up before or while it is looked up', async () => {
  const controller = new AbortController();
  const waiting = resolveWithin(never, 'x', 1e6, controller.signal);
  controller.abort();
  expect(await waiting).toEqual([]);
  expect(await resolveWithin(found, 'x', 1e6, controller.signal)).toEqual([]);
});
