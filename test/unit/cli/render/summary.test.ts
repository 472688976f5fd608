import { expect, test } from 'vitest';
import { formatSummary } from '../../../../src/cli/render/summary.js';

const FACTS = { path: 'out/data.bin', totalBytes: 2 ** 30, downloadedBytes: 2 ** 30, elapsedMs: 4000, isAlreadyComplete: false };

test('path, size, time and mean speed', () => {
  expect(formatSummary(FACTS)).toBe('done: out/data.bin, 1.0 GiB in 4s, 256.0 MiB/s on average');
  expect(formatSummary({ ...FACTS, elapsedMs: 83_000 })).toContain('1.0 GiB in 1m 23s');
});

test('what was there has no speed', () => {
  expect(formatSummary({ ...FACTS, isAlreadyComplete: true })).toBe('already complete: out/data.bin (1.0 GiB)');
});

test('what came is told where it is not the size: of a choice, or where much was there', () => {
  const chosen = { ...FACTS, totalBytes: 6, downloadedBytes: 16_384, elapsedMs: 50 };
  expect(formatSummary(chosen)).toBe('done: out/data.bin, 6 B in 50ms, 16.0 KiB fetched, 320.0 KiB/s on average');
  const resumed = { ...FACTS, downloadedBytes: 2 ** 28 };
  expect(formatSummary(resumed)).toBe('done: out/data.bin, 1.0 GiB in 4s, 256.0 MiB fetched, 64.0 MiB/s on average');
  expect(formatSummary({ ...FACTS, downloadedBytes: 2 ** 30 + 1e6 })).not.toContain('fetched');
});

test('what was copied, or made of nothing, has no speed', () => {
  expect(formatSummary({ ...FACTS, downloadedBytes: 0 })).toBe('done: out/data.bin, 1.0 GiB in 4s, nothing had to be fetched');
});

test('the path is made safe', () => expect(formatSummary({ ...FACTS, path: 'a\u001Bb' })).toContain('a\uFFFDb'));
