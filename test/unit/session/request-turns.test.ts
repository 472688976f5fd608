// Whose turn it is: without a limit nothing counts, and a limit, or a pause, may come and go.

import { expect, test } from 'vitest';
import { RequestPacer } from '../../../src/net/request-pacer.js';
import { RequestTurns } from '../../../src/session/request-turns.js';

const BLOCK = 16_384;

function rig(bytesPerSecond: number): { pacer: RequestPacer; turns: RequestTurns } {
  const pacer = new RequestPacer({ bytesPerSecond, leewayMs: 50, maxDebtMs: 1000 });
  return { pacer, turns: new RequestTurns(pacer) };
}

test('a limit that comes later is kept from then on, and one that goes leaves nobody waiting', () => {
  const { pacer, turns } = rig(0);
  expect([turns.isLimited, turns.isRipe(0), turns.nextAt(0)]).toEqual([false, true, null]);
  turns.use(BLOCK, 0);
  pacer.setRate(BLOCK);
  expect([turns.isLimited, turns.isRipe(0)]).toEqual([true, true]);
  turns.use(BLOCK, 0);
  expect([turns.isRipe(0), turns.isWaiting(0), turns.nextAt(0)]).toEqual([false, true, 1000]);
  pacer.setRate(0);
  expect([turns.isLimited, turns.isWaiting(0), turns.isRipe(0)]).toEqual([false, false, true]);
});

test('while paused nobody is asked, the clock comes back to look, and nothing was reserved meanwhile', () => {
  const { pacer, turns } = rig(BLOCK);
  pacer.setPaused(true);
  expect([turns.isRipe(0), turns.isWaiting(0), turns.isPaused]).toEqual([false, true, true]);
  expect(turns.nextAt(0)).toBeGreaterThan(0);
  pacer.setPaused(false);
  expect([turns.isRipe(5), turns.isWaiting(5)]).toEqual([true, false]);
});
