import { expect, test, vi } from 'vitest';
import { Interruption } from '../../../src/cli/interruption.js';

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s without a handler ends at once with %i', (signal, code) => {
  const exit = vi.fn();
  new Interruption(exit).request(signal);
  expect(exit).toHaveBeenCalledExactlyOnceWith(code);
});

test('the first signal is handled, the second ends at once, after cleaning up', () => {
  const order: string[] = [];
  const interruption = new Interruption((code) => order.push(`exit ${code}`));
  interruption.onStop((cause) => order.push(`stop ${cause}`));
  interruption.onExit(() => order.push('clean'));
  interruption.request('SIGINT');
  expect(order).toEqual(['stop SIGINT']);
  interruption.request('SIGTERM');
  expect(order).toEqual(['stop SIGINT', 'clean', 'exit 130']);
});

test('a handler that comes late is told at once; one that was taken back is not', () => {
  const exit = vi.fn();
  const interruption = new Interruption(exit);
  const early = vi.fn();
  const forget = interruption.onStop(early);
  interruption.onStop(() => {});
  forget();
  interruption.request('SIGHUP');
  expect(early).not.toHaveBeenCalled();
  const late = vi.fn();
  interruption.onStop(late);
  expect(late).toHaveBeenCalledExactlyOnceWith('SIGHUP');
  expect(exit).not.toHaveBeenCalled();
});

test('a reader that went away while stopping is no second signal', () => {
  const exit = vi.fn();
  const interruption = new Interruption(exit);
  interruption.onStop(() => {});
  interruption.request('SIGINT');
  interruption.request('EPIPE');
  expect(exit).not.toHaveBeenCalled();
  expect(interruption.exitCode).toBe(130);
});

test('a cleanup that throws does not keep the others from running', () => {
  const exit = vi.fn();
  const interruption = new Interruption(exit);
  const second = vi.fn();
  interruption.onExit(() => {
    throw new Error('no');
  });
  interruption.onExit(second);
  interruption.request('SIGINT');
  expect(second).toHaveBeenCalledOnce();
  expect(exit).toHaveBeenCalledExactlyOnceWith(130);
});
