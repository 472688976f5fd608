import { expect, test } from 'vitest';
import { decideColorLevel, loadStyle } from '../../../../src/cli/render/color-level.js';

test.each([
  ['the flag against everything', { choice: true, environment: { NO_COLOR: '1' }, isTerminal: false }, 1],
  ['no by flag on a terminal', { choice: false, environment: { FORCE_COLOR: '3' }, isTerminal: true }, 0],
  ['NO_COLOR before FORCE_COLOR', { choice: undefined, environment: { NO_COLOR: '1', FORCE_COLOR: '1' }, isTerminal: true }, 0],
  ['an empty NO_COLOR does not count', { choice: undefined, environment: { NO_COLOR: '' }, isTerminal: true }, 1],
  ['FORCE_COLOR on a pipe', { choice: undefined, environment: { FORCE_COLOR: '1' }, isTerminal: false }, 1],
  ['FORCE_COLOR=0 on a terminal', { choice: undefined, environment: { FORCE_COLOR: '0' }, isTerminal: true }, 0],
  ['FORCE_COLOR=3', { choice: undefined, environment: { FORCE_COLOR: '3' }, isTerminal: false }, 3],
  ['a terminal', { choice: undefined, environment: {}, isTerminal: true }, 1],
  ['a dumb terminal', { choice: undefined, environment: { TERM: 'dumb' }, isTerminal: true }, 0],
  ['a pipe', { choice: undefined, environment: {}, isTerminal: false }, 0],
] as const)('%s', (_, situation, level) => expect(decideColorLevel(situation)).toBe(level));

test('level 0 changes nothing, level 1 colours', async () => {
  expect((await loadStyle(0)).error('x')).toBe('x');
  expect((await loadStyle(1)).error('x')).toBe('\u001B[31mx\u001B[39m');
});
