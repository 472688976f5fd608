// Whether a run that was refused owes its reader an object of JSON.

import { expect, test } from 'vitest';
import { asksForResult } from '../../../../src/cli/results/json-argument.js';

const asks = (line: string, environment: Record<string, string> = {}): boolean =>
  asksForResult({ argv: line.split(' '), commandNames: ['download', 'get', 'seed', 'info'], environment });

test.each([
  ['download x --json --frob', true],
  ['x.torrent --frob --json', true],
  ['--json', true],
  ['-q seed x --json', true],
  ['x --json --no-json', false],
  ['x --no-json --json', true],
  ['x -- --json', false],
  ['info x --json', false],
  ['--json info x', false],
  ['x --frob', false],
])('%s', (line, expected) => {
  expect(asks(line)).toBe(expected);
});

test('the variable says it too, and a flag goes before it', () => {
  expect(asks('x --frob', { EFFUSION_JSON: '1' })).toBe(true);
  expect(asks('x --no-json', { EFFUSION_JSON: '1' })).toBe(false);
  expect(asks('x', { EFFUSION_JSON: 'perhaps' })).toBe(false);
});
