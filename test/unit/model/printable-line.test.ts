// Whatever comes in, a line of printable characters with single spaces comes out; what is one already is not touched.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { printableLine } from '../../../src/model/printable-line.js';

test.each([
  ['', ''],
  ['http://127.0.0.1:7001/announce', 'http://127.0.0.1:7001/announce'],
  ['two words ~', 'two words ~'],
  ['  two \n\t words  ', 'two words'],
  [' ', ''],
  [' !', '!'],
  ['! ', '!'],
  ['!  !', '! !'],
  ['a\u0000b\u007fc', 'a b c'],
  ['left\u202eright\u2028below', 'left right below'],
  ['größe 漢字', 'größe 漢字'],
  ['half \ud800 a character', 'half a character'],
])('%j: %j', (text, line) => {
  expect(printableLine(text)).toBe(line);
});

test('of ASCII, as of all else, what is visible stays as it is, with single spaces between', () => {
  const ascii = fc.string({ unit: fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code)) });
  fc.assert(
    fc.property(fc.oneof(ascii, fc.string({ unit: 'binary' })), (text) => {
      const line = printableLine(text);
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]|[^\S ]|^ | $| {2}/u);
      expect(line.replaceAll(' ', '')).toBe(text.replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]/gu, ''));
    }),
    { numRuns: 1000 },
  );
});

test('a text of any length is taken', () => {
  expect(printableLine(' a'.repeat(10_000_000))).toHaveLength(19_999_999);
});
