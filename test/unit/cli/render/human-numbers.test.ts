import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatLimit,
  formatPercent,
  formatProgressBytes,
  formatRate,
  formatRatio,
  formatSources,
} from '../../../../src/cli/render/human-numbers.js';

test.each([
  [0, '0 B'],
  [13, '13 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [108_462, '105.9 KiB'],
  [1_048_575, '1.0 MiB'],
  [64_700_000, '61.7 MiB'],
  [150e9, '139.7 GiB'],
  [2 ** 40, '1.0 TiB'],
  [5000 * 2 ** 40, '5000.0 TiB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('a rate is a size a second', () => expect(formatRate(3)).toBe('3 B/s'));

describe('progress', () => {
  test('both sizes share the unit of the total', () => {
    expect(formatProgressBytes(536_870_912, 2_147_483_648)).toBe('0.5 of 2.0 GiB');
    expect(formatProgressBytes(3, 13)).toBe('3 of 13 B');
    expect(formatProgressBytes(0, 0)).toBe('0 of 0 B');
  });
  test('100% is said of what is whole only', () => {
    expect(formatPercent(9999, 10_000)).toBe('99.9%');
    expect(formatPercent(99_999, 100_000)).toBe('99.9%');
    expect(formatPercent(10_000, 10_000)).toBe('100.0%');
    expect(formatPercent(999, 1000, 0)).toBe('99%');
    expect(formatPercent(0, 0, 0)).toBe('100%');
    expect(formatPercent(29, 100, 0)).toBe('29%');
  });
});

test.each([
  [0, '0:00'],
  [6100, '0:07'],
  [754_000, '12:34'],
  [3_723_000, '1:02:03'],
  [273_600_000, '3d 4h'],
  [null, '--:--'],
  [Number.POSITIVE_INFINITY, '--:--'],
])('%j ms left are %s', (ms, text) => expect(formatClock(ms)).toBe(text));

test.each([
  [120_000, '2m'],
  [90_000, '90s'],
  [3_600_000, '1h'],
  [1500, '1500ms'],
])('a limit of %i ms is written %s', (ms, text) => expect(formatLimit(ms)).toBe(text));

test('a ratio is not said to be reached before it is', () => {
  expect([formatRatio(undefined), formatRatio(0), formatRatio(0.9999), formatRatio(1.25), formatRatio(2)]).toEqual([
    '',
    ', ratio 0.00',
    ', ratio 0.99',
    ', ratio 1.25',
    ', ratio 2.00',
  ]);
});

test('who sends', () => {
  expect([formatSources(1), formatSources(0, 1), formatSources(3, 2), formatSources(0, 0)]).toEqual([
    '1 peer',
    '1 web seed',
    '3 peers + 2 web',
    '0 peers',
  ]);
});

test('one is not many', () => {
  expect(formatCount(1, 'peer')).toBe('1 peer');
  expect(formatCount(0, 'peer')).toBe('0 peers');
});
