// Ranges of bytes as HTTP writes them (RFC 9110, 14.1.2 has the examples of a length of 10000).

import { expect, test } from 'vitest';
import { parseRangeHeader, parseRangeSpec, resolveRange } from '../../../src/model/byte-range.js';

test.each([
  ['0-499', { first: 0, last: 499 }],
  ['9500-', { first: 9500, last: null }],
  ['-500', { suffix: 500 }],
  ['7-7', { first: 7, last: 7 }],
  ['999999999999999-', { first: 999_999_999_999_999, last: null }],
])('%s is a range', (text, spec) => expect(parseRangeSpec(text)).toEqual(spec));

test.each(['', '-', '5', '5-4', '--5', '1-2-3', 'a-b', ' 1-2', '1 - 2', '0x1-2', '1.5-2', '+1-2', '1e3-', '١-٢'])(
  '%j is none',
  (text) => expect(parseRangeSpec(text)).toBeNull(),
);

test.each([
  ['0-499', 10_000, { start: 0, end: 500 }],
  ['500-999', 10_000, { start: 500, end: 1000 }],
  ['-500', 10_000, { start: 9500, end: 10_000 }],
  ['9500-', 10_000, { start: 9500, end: 10_000 }],
  ['0-0', 1, { start: 0, end: 1 }],
  ['0-9', 5, { start: 0, end: 5 }],
  ['-9', 5, { start: 0, end: 5 }],
  ['2-18446744073709551615', 5, { start: 2, end: 5 }],
  ['-18446744073709551615', 5, { start: 0, end: 5 }],
  ['18446744073709551615-', 5, null],
  ['5-', 5, null],
  ['5-9', 5, null],
  ['-0', 5, null],
  ['0-', 0, null],
  ['-1', 0, null],
])('%s of %i bytes', (text, length, range) => {
  const spec = parseRangeSpec(text);
  expect(spec === null ? 'none' : resolveRange(spec, length)).toEqual(range);
});

test.each([
  [undefined, null],
  ['bytes=0-4', { start: 0, end: 5 }],
  ['Bytes= 2- ', { start: 2, end: 10 }],
  ['bytes=-3', { start: 7, end: 10 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=0-1,3-4', null],
  ['bytes=5-4', null],
  ['bytes 0-4', null],
  ['items=0-4', null],
  ['', null],
])('the header %j', (header, range) => expect(parseRangeHeader(header, 10)).toEqual(range));
