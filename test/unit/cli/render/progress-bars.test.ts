import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Output } from '../../../../src/cli/output.js';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import { formatBarLine } from '../../../../src/cli/render/bar-line.js';
import { ProgressBars } from '../../../../src/cli/render/progress-bars.js';
import type { Progress } from '../../../../src/cli/render/progress.js';
import { loadWidthFor } from '../../../../src/cli/render/text-width.js';
import { FakeStream } from '../../../support/fake-stream.js';
import { Screen } from '../../../support/screen.js';

const PROGRESS: Progress = {
  name: 'data.bin',
  phase: 'downloading',
  totalBytes: 1000,
  doneBytes: 0,
  checkedBytes: 0,
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  uploadedBytes: 0,
  timeLeftMs: null,
  peers: 1,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

async function openBars(columns: number, rows = 24, name = PROGRESS.name) {
  const stream = new FakeStream({ isTTY: true, columns, rows });
  const output = new Output(stream, 'xterm-256color', () => {});
  const widthOf = await loadWidthFor(name);
  const shownLines: { of: (maxLines: number) => readonly string[] } = { of: () => [] };
  const look = { style: PLAIN_STYLE, widthOf, isUnicode: true };
  const bars = new ProgressBars({ output, widthOf: () => widthOf, lines: (maxLines) => shownLines.of(maxLines) });
  /** What is drawn from the next frame on. */
  const show = (progress: () => Progress): void => {
    shownLines.of = () => [formatBarLine(progress(), stream.columns, look)];
  };
  const showLines = (lines: (maxLines: number) => readonly string[]): void => {
    shownLines.of = lines;
  };
  const screen = new Screen(columns, rows);
  let shown = 0;
  /** One frame later; resolves when the emulator has it. */
  const frame = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(100);
    const fresh = stream.writes.slice(shown);
    shown = stream.writes.length;
    // The emulator works in turns of its own, by the same timers.
    const taken = screen.write(fresh.join(''));
    await vi.advanceTimersByTimeAsync(1);
    await taken;
  };
  return { stream, bars, show, showLines, screen, frame };
}

describe('one bar', () => {
  test.each([
    [40, ['data.bin ░░░░░░░░░░░   0.0%       0 B/s', 'data.bin █████▒░░░░░  50.0%     250 B/s']],
    [
      80,
      [
        'data.bin ░░░░░░░░░░░░░░░░░░   0.0%    0 of 1000 B       0 B/s ETA --:--  1 peer',
        'data.bin █████████░░░░░░░░░  50.0%  500 of 1000 B     250 B/s ETA  0:02  1 peer',
      ],
    ],
    [
      200,
      [
        `data.bin ${'░'.repeat(60)}    0.0%     0 of 1000 B        0 B/s  ETA --:--   1 peer`,
        `data.bin ${'█'.repeat(30)}${'░'.repeat(30)}   50.0%   500 of 1000 B      250 B/s  ETA  0:02   1 peer`,
      ],
    ],
  ])('at %i columns: each frame takes the place of the one before', async (columns, [first, second]) => {
    const { bars, show, screen, frame } = await openBars(columns);
    let progress = PROGRESS;
    show(() => progress);
    await frame();
    expect(screen.lines()).toEqual([first]);
    progress = { ...PROGRESS, doneBytes: 500, downloadBytesPerSecond: 250, timeLeftMs: 2000 };
    await frame();
    expect(screen.lines()).toEqual([second]);
    bars.close();
    await frame();
    expect(screen.lines()).toEqual([]);
  });

  test('a frame is one write, and none where nothing changed', async () => {
    const { bars, show, stream, frame } = await openBars(80);
    let progress = PROGRESS;
    show(() => progress);
    await frame();
    const before = stream.writes.length;
    await frame();
    await frame();
    expect(stream.writes.length).toBe(before);
    progress = { ...PROGRESS, doneBytes: 1 };
    await frame();
    expect(stream.writes.length).toBe(before + 1);
    bars.close();
  });

  test('the cursor is hidden while it is drawn and shown afterwards; lines wrap again', async () => {
    const { bars, show, stream, frame } = await openBars(80);
    show(() => PROGRESS);
    await frame();
    expect(stream.text).toContain('\u001B[?25l');
    expect(stream.text).not.toContain('\u001B[?25h');
    bars.close();
    expect(stream.text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(stream.text.lastIndexOf('\u001B[?25l'));
    expect(stream.text.lastIndexOf('\u001B[?7h')).toBeGreaterThan(stream.text.lastIndexOf('\u001B[?7l'));
    const writes = stream.writes.length;
    bars.close();
    await frame();
    expect(stream.writes.length).toBe(writes);
  });

  test('a line passes above it', async () => {
    const { bars, show, screen, frame } = await openBars(80);
    show(() => PROGRESS);
    await frame();
    bars.log('banned 10.0.0.1:5');
    await frame();
    expect(screen.lines()).toEqual(['banned 10.0.0.1:5', expect.stringContaining('data.bin')]);
    bars.close();
    await frame();
    expect(screen.lines()).toEqual(['banned 10.0.0.1:5']);
  });

  test('a line longer than the terminal is folded above it, not cut', async () => {
    const { bars, show, screen, frame } = await openBars(40);
    show(() => PROGRESS);
    await frame();
    bars.log('stopping (SIGINT); once more to stop at once');
    await frame();
    bars.close();
    await frame();
    expect(screen.lines().join('')).toBe('stopping (SIGINT); once more to stop at once');
  });

  test.each([
    [200, 80],
    [80, 40],
    [40, 120],
  ])('the terminal goes from %i to %i columns: nothing of the old line is left', async (from, to) => {
    const { bars, show, stream, screen, frame } = await openBars(from);
    show(() => PROGRESS);
    await frame();
    screen.resize(to, 24);
    stream.resize(to, 24);
    await frame();
    await frame();
    const lines = screen.lines();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^data\.bin [░]+ +0\.0%/);
    bars.close();
  });

  test('Chinese characters and emoji keep within the width', async () => {
    const name = '東京物語の映画コレクション完全版.mkv';
    const { bars, show, screen, frame } = await openBars(60, 24, name);
    show(() => ({ ...PROGRESS, name }));
    await frame();
    expect(screen.lines()).toHaveLength(1);
    expect(screen.lines()[0]).toContain('東京物');
    expect(screen.lines()[0]).toContain('ETA --:--');
    bars.close();
  });
});

test('several lines have a row each, and no more than the terminal has', async () => {
  const { bars, showLines, screen, frame } = await openBars(80, 4);
  const asked: number[] = [];
  showLines((maxLines) => {
    asked.push(maxLines);
    return ['a', 'b', 'c', 'd'];
  });
  await frame();
  await frame();
  expect(new Set(asked)).toEqual(new Set([3]));
  expect(screen.lines()).toEqual(['a', 'b', 'c']);
  bars.log('a line');
  await frame();
  expect(screen.lines()).toEqual(['a line', 'a', 'b', 'c']);
  bars.close();
  await frame();
  expect(screen.lines()).toEqual(['a line']);
});

test('lines come and go, and leave no row behind', async () => {
  const { bars, showLines, screen, frame } = await openBars(80, 10);
  for (const lines of [['a'], ['a', 'b', 'c'], ['a long one', 'c'], ['c'], ['a', 'b', 'c', 'd']]) {
    showLines(() => lines);
    await frame();
    expect(screen.lines()).toEqual(lines);
  }
  bars.log('a line');
  showLines(() => ['d']);
  await frame();
  expect(screen.lines()).toEqual(['a line', 'd']);
  bars.close();
  await frame();
  expect(screen.lines()).toEqual(['a line']);
});

test('several lines on a terminal that is made narrower, lower and larger again', async () => {
  const { bars, showLines, stream, screen, frame } = await openBars(80, 10);
  const names = ['a', 'b', 'c', 'd', 'e'];
  showLines((maxLines) => names.map((name) => name.repeat(stream.columns - 1)).slice(0, maxLines));
  await frame();
  expect(screen.lines()).toHaveLength(5);
  for (const [columns, rows] of [
    [40, 10],
    [40, 4],
    [100, 12],
  ] as const) {
    screen.resize(columns, rows);
    stream.resize(columns, rows);
    await frame();
    await frame();
    const visible = names.map((name) => name.repeat(columns - 1)).slice(0, rows - 1);
    expect(screen.lines().slice(-visible.length)).toEqual(visible);
  }
  bars.close();
});
