import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UploadGate } from '../../../src/engine/upload-gate.js';
import { toPeerKey } from '../../../src/model/ids.js';
import { TokenBucket } from '../../../src/net/rate-limiter.js';

const [ONE, TWO] = [toPeerKey(1), toPeerKey(2)];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** 1000 bytes a second, 100 at once. */
function gate(): UploadGate {
  return new UploadGate(new TokenBucket(1000, 100), () => performance.now());
}

test('without a limit nothing waits', () => {
  const passed: number[] = [];
  const open = new UploadGate(null, () => 0);
  for (let n = 0; n < 3; n++) open.pass(ONE, 1_000_000, () => passed.push(n));
  expect(passed).toEqual([0, 1, 2]);
});

test('everybody waits in one line, and the rate is kept', () => {
  const passed: string[] = [];
  const limited = gate();
  for (let n = 0; n < 4; n++) limited.pass(n % 2 === 0 ? ONE : TWO, 100, () => passed.push(`${n} at ${performance.now()}`));
  expect(passed).toEqual(['0 at 0']);
  vi.advanceTimersByTime(300);
  expect(passed).toEqual(['0 at 0', '1 at 100', '2 at 200', '3 at 300']);
});

test('what waits for a peer that left costs the others no time', () => {
  const passed: string[] = [];
  const limited = gate();
  limited.pass(ONE, 100, () => passed.push('first'));
  for (let n = 0; n < 50; n++) limited.pass(ONE, 100, () => passed.push('left'));
  limited.pass(TWO, 100, () => passed.push('second'));
  limited.forget(ONE);
  vi.advanceTimersByTime(100);
  expect(passed).toEqual(['first', 'second']);
});

test('after close nothing passes and no timer is left', () => {
  const passed: string[] = [];
  const limited = gate();
  limited.pass(ONE, 100, () => passed.push('first'));
  limited.pass(ONE, 100, () => passed.push('second'));
  limited.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(passed).toEqual(['first']);
});

test('a limit that changes holds for who waits already, and none lets all of them pass', () => {
  const passed: string[] = [];
  const limited = gate();
  for (let n = 0; n < 6; n++) limited.pass(ONE, 100, () => passed.push(`${n} at ${performance.now()}`));
  limited.setRate(1_000_000);
  expect(passed).toHaveLength(6);
  limited.setRate(0);
  limited.pass(TWO, 1_000_000, () => passed.push('free'));
  expect(passed.at(-1)).toBe('free');
});

test('while it is paused nothing passes, with or without a limit, and then all in their order', () => {
  for (const paused of [gate(), UploadGate.ofRate(0)]) {
    const passed: number[] = [];
    paused.setPaused(true);
    for (let n = 0; n < 3; n++) paused.pass(ONE, 10, () => passed.push(n));
    vi.advanceTimersByTime(60_000);
    expect([passed, vi.getTimerCount()]).toEqual([[], 0]);
    paused.setPaused(false);
    expect(passed).toEqual([0, 1, 2]);
  }
});
