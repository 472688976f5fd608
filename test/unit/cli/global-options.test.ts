// `--color` with and without its WHEN.

import { expect, test } from 'vitest';
import { joinColor } from '../../../src/cli/definitions/global-options.js';
import { colorChoice } from '../../../src/cli/options.js';

test.each([
  [
    ['--color', 'x.torrent'],
    ['--color=always', 'x.torrent'],
  ],
  [
    ['--color', 'never', 'x'],
    ['--color=never', 'x'],
  ],
  [
    ['--color=auto', 'x'],
    ['--color=auto', 'x'],
  ],
  [
    ['x', '--color'],
    ['x', '--color=always'],
  ],
  [
    ['--', '--color', 'never'],
    ['--', '--color', 'never'],
  ],
  [['--no-color'], ['--no-color']],
])('%j', (argv, joined) => expect(joinColor(argv)).toEqual(joined));

test.each([
  [undefined, undefined],
  ['auto', undefined],
  ['always', true],
  [true, true],
  ['never', false],
  [false, false],
])('%j means %j', (color, choice) => expect(colorChoice(color === undefined ? {} : { color })).toBe(choice));
