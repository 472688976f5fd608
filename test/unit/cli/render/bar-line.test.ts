import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBar, formatBarLine, formatPhase } from '../../../../src/cli/render/bar-line.js';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import type { Progress } from '../../../../src/cli/render/progress.js';
import { loadWidthFor, roughWidth } from '../../../../src/cli/render/text-width.js';

const PROGRESS: Progress = {
  name: 'ubuntu-24.04-desktop-amd64.iso',
  phase: 'downloading',
  totalBytes: 6e9,
  doneBytes: 2.7e9,
  checkedBytes: 0,
  downloadBytesPerSecond: 12.3e6,
  uploadBytesPerSecond: 0,
  uploadedBytes: 0,
  timeLeftMs: 268_000,
  peers: 12,
};
const LOOK = { style: PLAIN_STYLE, widthOf: roughWidth, isUnicode: true };

describe('the bar', () => {
  test('is exactly as wide as asked at 0, 50 and 100 percent', () => {
    expect(formatBar(0, 100, 10, true)).toBe('░░░░░░░░░░');
    expect(formatBar(50, 100, 10, true)).toBe('█████░░░░░');
    expect(formatBar(100, 100, 10, true)).toBe('██████████');
    expect(formatBar(0, 0, 4, true)).toBe('████');
  });
  test('has a shaded cell where the progress ends within one', () => {
    expect(formatBar(45, 100, 10, true)).toBe('████▒░░░░░');
    expect(formatBar(1, 1000, 10, true)).toBe('▒░░░░░░░░░');
    expect(formatBar(999, 1000, 10, true)).toBe('█████████▒');
    expect(formatBar(45, 100, 10, false)).toBe('####-.....');
  });
});

describe('the line', () => {
  test.each([
    [40, 'ubuntu-… ████▒░░░░░░  45.0%  11.7 MiB/s'],
    [80, 'ubuntu-24… ██████▒░░░░░░░░  45.0% 2.5 of 5.6 GiB  11.7 MiB/s ETA  4:28 12 peers'],
    [
      120,
      'ubuntu-24.04-desktop-am… ████████████████▒░░░░░░░░░░░░░░░░░░░   45.0%  2.5 of 5.6 GiB   11.7 MiB/s  ETA  4:28  12 peers',
    ],
    [
      200,
      'ubuntu-24.04-desktop-amd64.iso ███████████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   45.0%  2.5 of 5.6 GiB   11.7 MiB/s  ETA  4:28  12 peers',
    ],
  ])('at %i columns', (columns, line) => expect(formatBarLine(PROGRESS, columns, LOOK)).toBe(line));

  test('says that it is paused, and no time left', () => {
    expect(formatBarLine({ ...PROGRESS, isPaused: true }, 80, LOOK)).toBe(
      'ubuntu-24… ██████▒░░░░░░░░  45.0% 2.5 of 5.6 GiB      paused ETA --:-- 12 peers',
    );
  });

  test('on very narrow terminals the percentage is left', () => expect(formatBarLine(PROGRESS, 12, LOOK)).toBe(' 45.0%'));

  test('is never wider than the terminal, whatever the name and the numbers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 1, max: 220 }),
        fc.record({
          totalBytes: fc.nat({ max: 2 ** 50 }),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
          rate: fc.double({ min: 0, max: 1e12, noNaN: true }),
          left: fc.option(fc.double({ min: 0, max: 1e15, noNaN: true })),
          peers: fc.nat({ max: 100_000 }),
        }),
        async (name, columns, { totalBytes, share, rate, left, peers }) => {
          const widthOf = await loadWidthFor(name);
          const progress = {
            ...PROGRESS,
            name,
            totalBytes,
            doneBytes: totalBytes * share,
            downloadBytesPerSecond: rate,
            timeLeftMs: left,
            peers,
          };
          const line = formatBarLine(progress, columns, { ...LOOK, widthOf });
          expect(widthOf(line)).toBeLessThanOrEqual(Math.max(1, columns - 1));
        },
      ),
    );
  });
});

test('the short phases have words', () => {
  expect(formatPhase({ ...PROGRESS, phase: 'checking', checkedBytes: 3e9 })).toBe('checking data: 50% of 5.6 GiB');
  expect(formatPhase({ ...PROGRESS, phase: 'allocating', checkedBytes: 3e9 })).toBe('allocating: 50% of 5.6 GiB');
  expect(formatPhase({ ...PROGRESS, phase: 'announcing' })).toBe('asking trackers and peers');
  expect(formatPhase({ ...PROGRESS, phase: 'seeding', uploadedBytes: 2048, ratio: 0.5, peers: 1 })).toBe(
    'seeding: 1 peer, 2.0 KiB sent, 0 B/s, ratio 0.50',
  );
  expect(formatPhase({ ...PROGRESS, phase: 'seeding', reachableAt: '203.0.113.5:6881' })).toMatch(
    /0 B\/s, reachable as 203\.0\.113\.5:6881$/,
  );
});
