// Help on narrow terminals.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EXAMPLES, OVERVIEW, TOPICS } from '../../../../src/cli/help-texts.js';
import { fitHelp } from '../../../../src/cli/render/fit-help.js';

test('what fits stays as it is', () => {
  for (const text of [OVERVIEW, ...Object.values(EXAMPLES), ...Object.values(TOPICS)]) expect(fitHelp(text, 1000)).toBe(text);
});

test('a paragraph is filled, a second column stays in its place, a command stays whole', () => {
  const text = [
    'One sentence that is too long',
    'and goes on.',
    '',
    '  effusion a   what it does for you',
    '  effusion --with --many --options --and more',
  ].join('\n');
  expect(fitHelp(text, 28).split('\n')).toEqual([
    'One sentence that is too',
    'long and goes on.',
    '',
    '  effusion a',
    '        what it does for you',
    '  effusion --with --many --options --and more',
  ]);
  expect(fitHelp('  name   a word and more words of it', 33).split('\n')).toEqual([
    '  name   a word and more words of',
    '         it',
  ]);
});

test('every text of the help fits into 80 columns, but for commands to copy', () => {
  for (const text of [OVERVIEW, ...Object.values(EXAMPLES), ...Object.values(TOPICS)]) {
    const long = fitHelp(text, 80)
      .split('\n')
      .filter((line) => line.length > 80 && !/^ {2}(?:effusion|path=)/.test(line));
    expect(long).toEqual([]);
  }
});

test('no word is lost or made, whatever the text', () => {
  const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^ {0,4}(?:[a-z]{1,9} {1,4}){0,12}[a-z]*$/)),
      fc.integer({ min: 1, max: 100 }),
      (lines, width) => {
        expect(words(fitHelp(lines.join('\n'), width))).toEqual(words(lines.join('\n')));
      },
    ),
  );
});
