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

test('the path is made safe', () => expect(formatSummary({ ...FACTS, path: 'a\u001Bb' })).toContain('a\uFFFDb'));
