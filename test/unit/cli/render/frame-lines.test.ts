import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import { formatFrame } from '../../../../src/cli/render/frame-lines.js';
import { NO_DATA, type Progress } from '../../../../src/cli/render/progress.js';
import { loadWidthFor, roughWidth } from '../../../../src/cli/render/text-width.js';

const LOOK = { style: PLAIN_STYLE, widthOf: roughWidth, isUnicode: true };
const downloading: Progress = { ...NO_DATA, name: 'a.bin', phase: 'downloading', totalBytes: 1000, doneBytes: 250, peers: 3 };
const SHOWN: readonly Progress[] = [
  { ...downloading, downloadBytesPerSecond: 1024, timeLeftMs: 7000 },
  {
    ...downloading,
    name: 'longer-name.iso',
    totalBytes: 3 * 1024 ** 3,
    doneBytes: 1024 ** 3,
    downloadBytesPerSecond: 5 * 1024 ** 2,
  },
  { ...NO_DATA, name: 'checked', phase: 'checking', totalBytes: 1000, checkedBytes: 500 },
  { ...NO_DATA, name: 'from a link', phase: 'metadata', peers: 2 },
];
const OVERVIEW = '9 torrents: 4 done, 1 failed, 4 running';

describe('several torrents', () => {
  test.each([
    [
      40,
      [
        'a.bin    ██▒░░░░░░░░  25.0%   1.0 KiB/s',
        'longer-… ███▒░░░░░░░  33.3%   5.0 MiB/s',
        'checked: checking data: 50% of 1000 B',
        'from a link: fetching metadata: 2 peers',
        '9 torrents: 4 done, 1 failed, 4 runnin…',
      ],
    ],
    [
      80,
      [
        'a.bin      ████░░░░░░░░░░░░  25.0%  250 of 1000 B   1.0 KiB/s ETA  0:07 3 peers',
        'longer-na… █████▒░░░░░░░░░░  33.3% 1.0 of 3.0 GiB   5.0 MiB/s ETA --:-- 3 peers',
        'checked: checking data: 50% of 1000 B',
        'from a link: fetching metadata: 2 peers',
        '9 torrents: 4 done, 1 failed, 4 running; 5.0 MiB/s',
      ],
    ],
    [
      120,
      [
        'a.bin           ███████████▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   25.0%   250 of 1000 B    1.0 KiB/s  ETA  0:07  3 peers',
        'longer-name.iso ███████████████▒░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   33.3%  1.0 of 3.0 GiB    5.0 MiB/s  ETA --:--  3 peers',
        'checked: checking data: 50% of 1000 B',
        'from a link: fetching metadata: 2 peers',
        '9 torrents: 4 done, 1 failed, 4 running; 5.0 MiB/s',
      ],
    ],
  ])('at %i columns: bars that begin and end together, and a line about all', (columns, lines) =>
    expect(formatFrame(SHOWN, OVERVIEW, { columns, maxLines: 23 }, LOOK)).toEqual(lines),
  );

  test('more than there are rows: so many as fit, and how many are left out', () => {
    const lines = formatFrame(SHOWN, OVERVIEW, { columns: 100, maxLines: 3 }, LOOK);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^a\.bin /);
    expect(lines[1]).toMatch(/^longer-name\.iso /);
    expect(lines[2]).toBe('9 torrents: 4 done, 1 failed, 4 running, 2 more than fit here; 5.0 MiB/s');
    expect(formatFrame(SHOWN, OVERVIEW, { columns: 100, maxLines: 1 }, LOOK)).toEqual([
      '9 torrents: 4 done, 1 failed, 4 running, 4 more than fit here; 5.0 MiB/s',
    ]);
  });

  test('more than there are rows: what moves goes before what is at work, and that before what waits, in their own order', () => {
    const waiting: Progress = { ...NO_DATA, name: 'waits', phase: 'announcing' };
    const all = [waiting, SHOWN[3], SHOWN[2], { ...waiting, name: 'waits too' }, SHOWN[1], SHOWN[0]];
    const names = (maxLines: number): string[] =>
      formatFrame(all, OVERVIEW, { columns: 100, maxLines }, LOOK)
        .slice(0, -1)
        .map((line) => /^[a-z.-]+/.exec(line)?.[0] ?? line);
    expect(names(3)).toEqual(['longer-name.iso', 'a.bin']);
    expect(names(4)).toEqual(['checked', 'longer-name.iso', 'a.bin']);
    expect(names(5)).toEqual(['waits', 'checked', 'longer-name.iso', 'a.bin']);
  });

  test('one torrent has no line about all', () => {
    expect(formatFrame(SHOWN.slice(0, 1), null, { columns: 80, maxLines: 1 }, LOOK)).toEqual([
      expect.stringMatching(/^a\.bin █/),
    ]);
  });
});

test('no line is wider than the terminal and no frame higher, whatever the names', async () => {
  const progress = fc.record({
    name: fc.string({ unit: 'grapheme', maxLength: 40 }),
    phase: fc.constantFrom('metadata', 'checking', 'allocating', 'announcing', 'downloading', 'seeding' as const),
    totalBytes: fc.nat({ max: 2 ** 45 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    peers: fc.nat(5000),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(progress, { maxLength: 12 }),
      fc.integer({ min: 2, max: 220 }),
      fc.integer({ min: 1, max: 15 }),
      fc.boolean(),
      async (shown, columns, maxLines, hasOverview) => {
        const widthOf = await loadWidthFor(shown.map(({ name }) => name).join(''));
        const all = shown.map(({ share, ...facts }): Progress => ({ ...NO_DATA, ...facts, doneBytes: facts.totalBytes * share }));
        const lines = formatFrame(all, hasOverview ? OVERVIEW : null, { columns, maxLines }, { ...LOOK, widthOf });
        expect(lines.length).toBeLessThanOrEqual(maxLines);
        for (const line of lines) expect(widthOf(line)).toBeLessThan(columns);
      },
    ),
    { numRuns: 300 },
  );
});
