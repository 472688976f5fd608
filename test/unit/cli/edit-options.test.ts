// The values of `effusion edit`: replacements whose URLs have equals signs, dates, and what nothing can be made of.

import { describe, expect, test } from 'vitest';
import { parseCreationDate, parseReplacement, toEdits } from '../../../src/cli/edit-options.js';
import { UsageError } from '../../../src/cli/usage-error.js';

describe('replacements', () => {
  test.each([
    ['http://a/x=http://b/y', 'http://a/x', 'http://b/y'],
    ['http://a/x?k=1&l=2=https://b/?k=3', 'http://a/x?k=1&l=2', 'https://b/?k=3'],
    ['http://a/*=udp://b:1', 'http://a/*', 'udp://b:1'],
    ['*=udp://b:1/?x=y', '*', 'udp://b:1/?x=y'],
  ])('%s', (text, from, to) => expect(parseReplacement(text)).toEqual({ from, to }));

  test.each(['', 'http://a', '=http://b', 'http://a=', 'http://a=b', 'http://a=file:///etc/passwd'])('%j is none', (text) =>
    expect(() => parseReplacement(text)).toThrow(UsageError),
  );
});

describe('dates', () => {
  test.each([
    ['none', null],
    ['0', 0],
    ['1700000000', 1_700_000_000],
    ['2026-01-31', 1_769_817_600],
    ['2026-01-31T12:00Z', 1_769_860_800],
    ['2026-01-31T12:00:01+02:00', 1_769_853_601],
  ])('%s', (text, seconds) => expect(parseCreationDate(text)).toBe(seconds));

  test.each(['', '-1', '2026-13-01', '2026-01-31T12:00', '31.1.2026', 'now', '1969-12-31'])('%j is none', (text) =>
    expect(() => parseCreationDate(text)).toThrow(UsageError),
  );
});

test('an empty text takes it out; nothing at all is refused, and a name that can be none', () => {
  expect(toEdits({ comment: '', createdBy: 'x', source: '' })).toEqual({ comment: null, createdBy: 'x', source: null });
  expect(toEdits({ creationDate: null, private: false })).toEqual({ creationDate: null, isPrivate: false });
  expect(() => toEdits({ output: 'x', force: true })).toThrow('nothing is to be changed');
  for (const name of ['', '..', 'a/b', 'a\u0007', 'x'.repeat(256), '.effusion-x']) {
    expect(() => toEdits({ name }), name).toThrow(UsageError);
  }
  expect(() => toEdits({ clearTrackers: true, tracker: [['http://a']] })).toThrow(UsageError);
});
