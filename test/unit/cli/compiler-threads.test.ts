import { expect, test } from 'vitest';
import { othersRunning } from '../../../src/cli/compiler-threads.js';

test.each([
  ['0.01 0.02 0.03 1/80 4711\n', 0],
  ['12.50 9.00 3.10 17/2048 99\n', 16],
])('how many others run, of %j', (text, others) => {
  expect(othersRunning(text)).toBe(others);
});

test.each(['', 'nothing', '0.1 0.2 0.3', '0.1 0.2 0.3 x/80 1'])('%j does not say it', (text) => {
  expect(othersRunning(text)).toBeNaN();
});
