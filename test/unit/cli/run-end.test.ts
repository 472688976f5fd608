// The end of a run: one cause, told once for what it was, and whoever depends on what is ended goes first.

import { expect, test, vi } from 'vitest';
import { Deferred } from '../../../src/engine/deferred.js';
import { Interruption } from '../../../src/cli/interruption.js';
import { RunEnd, RunEndedError } from '../../../src/cli/run-end.js';

function begin(): { end: RunEnd; interruption: Interruption } {
  const interruption = new Interruption(() => {});
  return { interruption, end: new RunEnd(interruption) };
}

test('with nothing to be over first the signal comes with its cause', () => {
  const { end, interruption } = begin();
  expect([end.cause, end.signal.aborted]).toEqual([null, false]);
  interruption.request('SIGTERM');
  expect([end.cause, end.signal.aborted]).toEqual(['SIGTERM', true]);
  expect(end.signal.reason).toBeInstanceOf(RunEndedError);
});

test('what is to be over first begins with the cause, and the signal waits for it', async () => {
  const { end, interruption } = begin();
  const over = new Deferred<void>();
  const prepare = vi.fn(() => over.promise);
  end.before(prepare);
  const waiting = end.waitFor(new Promise<never>(() => {}));
  waiting.catch(() => undefined);
  interruption.request('SIGINT');
  expect(prepare).toHaveBeenCalledOnce();
  expect([end.cause, end.isSignalled, end.signal.aborted]).toEqual(['SIGINT', true, false]);
  over.resolve();
  await expect(waiting).rejects.toThrow(RunEndedError);
  expect(end.signal.aborted).toBe(true);
});

test('what fails on the way holds nothing up, and what was taken back is not called', async () => {
  const { end, interruption } = begin();
  const forgotten = vi.fn(() => Promise.resolve());
  end.before(forgotten)();
  end.before(() => Promise.reject(new Error('gone')));
  const waiting = end.waitFor(new Promise<never>(() => {}));
  waiting.catch(() => undefined);
  interruption.request('SIGHUP');
  await expect(waiting).rejects.toThrow(RunEndedError);
  expect(forgotten).not.toHaveBeenCalled();
});

test.each([
  ['a signal', undefined, 'stopping (SIGTERM); once more to stop at once'],
  ['a key', 'q', 'stopping (q); once more to stop at once'],
])('%s is named once for what it was', (_, by, notice) => {
  const interruption = new Interruption(() => {});
  const end = new RunEnd(interruption);
  expect(end.takeNotice()).toBeNull();
  interruption.request('SIGTERM', by);
  expect(end.signal.reason).toBeInstanceOf(RunEndedError);
  expect(end.cause).toBe('SIGTERM');
  expect(interruption.exitCode).toBe(143);
  expect(end.takeNotice()).toBe(notice);
  expect(end.takeNotice()).toBeNull();
});

test('what came first is named', () => {
  const interruption = new Interruption(() => {});
  const end = new RunEnd(interruption);
  interruption.request('SIGINT', 'q');
  interruption.request('EPIPE');
  expect(end.takeNotice()).toMatch(/^stopping \(q\)/);
});
