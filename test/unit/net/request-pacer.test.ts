// Places on a line of time, with time in the test's hands.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinPacers, RequestPacer } from '../../../src/net/request-pacer.js';

const pacer = (bytesPerSecond = 1000): RequestPacer => new RequestPacer({ bytesPerSecond, leewayMs: 50, maxDebtMs: 1000 });

test('the first is served at once, each other when those before it had their time', () => {
  const line = pacer();
  expect([line.reserve(100, 5), line.reserve(100, 5), line.reserve(100, 5)]).toEqual([5, 105, 205]);
});

test('who comes late finds what the leeway kept, and no more', () => {
  const line = pacer();
  line.reserve(100, 0);
  expect(line.reserve(100, 130)).toBe(100);
  expect(line.reserve(100, 10_000)).toBe(9950);
  expect(line.reserve(100, 10_000)).toBe(10_050);
});

test('what is given back serves the next, but is not hoarded', () => {
  const line = pacer();
  line.reserve(1000, 0);
  line.giveBack(1000);
  expect(line.reserve(100, 10)).toBe(0);
  line.giveBack(1_000_000);
  expect([line.reserve(100, 10), line.reserve(100, 10)]).toEqual([-40, 60]);
});

test('what came unasked keeps the next waiting, for a second at most', () => {
  const line = pacer();
  line.charge(300, 0);
  expect(line.reserve(100, 0)).toBe(300);
  line.charge(1_000_000, 0);
  expect(line.reserve(100, 0)).toBe(1000);
  line.charge(1_000_000, 0);
  expect(line.reserve(100, 0), 'a debt that is there does not shrink').toBe(1100);
});

test('joined limits are all kept', () => {
  const [slow, quick] = [pacer(1000), pacer(10_000)];
  const both = joinPacers([slow, quick]);
  both.reserve(1000, 0);
  expect(both.reserve(1000, 0)).toBe(1000);
  expect(quick.reserve(1000, 0)).toBe(200);
  both.giveBack(2000);
  both.charge(100, 0);
  expect(slow.reserve(1, 0)).toBe(100);
});

test('a rate of 0 is no limit, and who has one beside it is limited all the same', () => {
  const [free, slow] = [pacer(0), pacer(1000)];
  expect([free.reserve(1_000_000, 7), free.reserve(1, 7)]).toEqual([7, 7]);
  expect([free.isLimited, joinPacers([free]).isLimited, joinPacers([free, slow]).isLimited]).toEqual([false, false, true]);
  free.charge(1_000_000, 7);
  free.setRate(1000);
  expect([free.reserve(100, 8), free.reserve(100, 8)], 'what came before it had a limit counts for nothing').toEqual([8, 108]);
});

test('a rate that changes counts from then on; a pause is a limit of its own', () => {
  const line = pacer(1000);
  line.reserve(10_000, 0);
  line.setRate(2000);
  expect([line.reserve(100, 10), line.reserve(100, 10)]).toEqual([10, 60]);
  line.setRate(0);
  expect(line.isLimited).toBe(false);
  line.setPaused(true);
  expect([line.isPaused, line.isLimited, joinPacers([pacer(0), line]).isPaused]).toEqual([true, true, true]);
  line.setPaused(false);
  expect(line.isLimited).toBe(false);
});

test('in any span no more is served than the rate and the leeway allow, whoever asks whenever', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 1_000_000 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 16_384 })), { minLength: 2 }),
      (rate, asks) => {
        const line = pacer(rate);
        let now = 0;
        const served: { at: number; bytes: number }[] = [];
        for (const [wait, bytes] of asks) {
          now += wait;
          const at = Math.max(now, line.reserve(bytes, now));
          now = at;
          served.push({ at, bytes });
        }
        const total = served.slice(0, -1).reduce((sum, { bytes }) => sum + bytes, 0);
        const spanMs = (served.at(-1)?.at ?? 0) - served[0].at;
        expect(total).toBeLessThanOrEqual(((spanMs + 50) * rate) / 1000 + 1e-6);
      },
    ),
  );
});
