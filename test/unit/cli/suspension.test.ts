import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Suspension } from '../../../src/cli/suspension.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const order: string[] = [];
  const listeners = new EventEmitter();
  const process = Object.assign(listeners, {
    pid: 7,
    kill: (pid: number, signal: string) => order.push(`kill ${pid} ${signal}, ${listeners.listenerCount('SIGTSTP')} listeners`),
  });
  const drawer = { suspend: () => order.push('suspend'), resume: () => order.push('resume') };
  const suspension = new Suspension(process);
  return { order, process, suspension, forget: suspension.add(drawer) };
}

const STOP = ['suspend', 'kill 7 SIGTSTP, 0 listeners'];

test('^Z gives the terminal back, then stops the process really; it draws again when it goes on, each time', () => {
  const { order, process } = setUp();
  for (let round = 0; round < 2; round++) {
    order.length = 0;
    process.emit('SIGTSTP');
    expect(order).toEqual(STOP);
    process.emit('SIGCONT');
    expect(order).toEqual([...STOP, 'resume']);
    vi.advanceTimersByTime(1000);
    expect(order).toEqual([...STOP, 'resume']);
  }
});

test('a process that the system would not stop goes on', () => {
  const { order, process } = setUp();
  process.emit('SIGTSTP');
  vi.advanceTimersByTime(1000);
  expect(order).toEqual([...STOP, 'resume']);
  expect(process.listenerCount('SIGTSTP')).toBe(1);
});

test('a signal to go on without a stop before it is nothing', () => {
  const { order, process } = setUp();
  process.emit('SIGCONT');
  expect(order).toEqual([]);
});

test('nothing is listened to while nobody draws', () => {
  const { order, process, forget } = setUp();
  process.emit('SIGTSTP');
  forget();
  forget();
  expect(process.eventNames()).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(order).toEqual(STOP);
});

test('while somebody else has the terminal a stop and its end leave it to him', () => {
  const { order, process, suspension } = setUp();
  const showAgain = suspension.hide();
  expect([order, suspension.isHidden]).toEqual([['suspend'], true]);
  process.emit('SIGTSTP');
  process.emit('SIGCONT');
  expect(order).not.toContain('resume');
  showAgain();
  showAgain();
  expect([order.filter((step) => step === 'resume'), suspension.isHidden]).toEqual([['resume'], false]);
});
