import { expect, test } from 'vitest';
import { Turnstile } from '../../../src/storage/turnstile.js';

test('lets the limit through at once and the others in order, one for each that leaves', async () => {
  const turnstile = new Turnstile(2);
  expect(turnstile.enter()).toBeUndefined();
  expect(turnstile.enter()).toBeUndefined();
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async (name) => {
    await turnstile.enter();
    order.push(name);
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  turnstile.leave();
  await waiting[0];
  expect(order).toEqual([1]);
  turnstile.leave();
  turnstile.leave();
  await Promise.all(waiting);
  expect(order).toEqual([1, 2, 3]);
  for (let i = 0; i < 2; i++) turnstile.leave();
  expect(turnstile.enter()).toBeUndefined();
  expect(turnstile.enter()).toBeUndefined();
  expect(turnstile.enter()).toBeInstanceOf(Promise);
});
