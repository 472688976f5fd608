import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../../src/model/glob.js';

const URL = 'http://tracker.example:6969/announce?key=1';

test.each([
  ['*', URL],
  ['*', ''],
  ['', ''],
  ['**', 'a'],
  [URL, URL],
  ['HTTP://Tracker.Example*', URL],
  ['*example*', URL],
  ['*://tracker.*/announce*', URL],
  ['*?key=*', URL],
  ['*1', URL],
  ['a*b*c', 'a-b-b-c'],
  ['*ab', 'aab'],
  ['*.[a-z]+*', 'x.[a-z]+y'],
])('%j matches %j', (pattern, text) => expect(matchesGlob(pattern, text)).toBe(true));

test.each([
  ['', 'a'],
  ['a', ''],
  ['udp://*', URL],
  ['*announce', URL],
  ['tracker.example', URL],
  ['?ttp*', URL],
  ['a*b*c', 'a-c-b'],
  ['*ab', 'aba'],
  ['a*a', 'a'],
])('%j does not match %j', (pattern, text) => expect(matchesGlob(pattern, text)).toBe(false));

test('agrees with a regular expression of the same meaning', () => {
  const text = fc.stringMatching(/^[abA.]{0,12}$/);
  fc.assert(
    fc.property(fc.stringMatching(/^[ab.*]{0,8}$/), text, (pattern, given) => {
      const parts = pattern.split('*').map((part) => part.replaceAll('.', String.raw`\.`));
      expect(matchesGlob(pattern, given)).toBe(new RegExp(`^${parts.join('.*')}$`, 'i').test(given));
    }),
  );
});

test('a pattern that would take a regular expression for ever is through at once', () => {
  expect(matchesGlob(`${'*a'.repeat(2000)}b`, 'a'.repeat(20_000))).toBe(false);
});
