import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Output } from '../../../../src/cli/output.js';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import type { Progress } from '../../../../src/cli/render/progress.js';
import { isUnicodeLocale, TerminalView } from '../../../../src/cli/render/terminal-view.js';
import { CONFIG } from '../../../../src/engine/config.js';
import { FakeStream } from '../../../support/fake-stream.js';
import { Screen } from '../../../support/screen.js';

const PROGRESS: Progress = {
  name: 'data.bin',
  phase: 'announcing',
  totalBytes: 1000,
  doneBytes: 0,
  checkedBytes: 250,
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  uploadedBytes: 0,
  timeLeftMs: null,
  peers: 1,
};

beforeEach(async () => {
  // Loaded beforehand: imports take their time by a clock that the tests don't have.
  await Promise.all([import('ora'), import('../../../../src/cli/render/progress-bars.js')]);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(columns = 80, overview: (() => string) | null = null, rows = 24) {
  const stream = new FakeStream({ isTTY: true, columns, rows });
  let now = 0;
  const view = new TerminalView({
    output: new Output(stream, 'xterm', () => {}),
    style: PLAIN_STYLE,
    now: () => now,
    isUnicode: true,
    overview,
  });
  const lane = view.open();
  const at = async (ms: number, change: Partial<Progress>): Promise<void> => {
    now = ms;
    lane.update({ ...PROGRESS, ...change });
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(100);
  };
  const shown = async (): Promise<string[]> => {
    const screen = new Screen(columns, rows);
    const taken = screen.write(stream.text);
    await vi.advanceTimersByTimeAsync(1);
    await taken;
    return screen.lines();
  };
  return { stream, view, lane, at, shown };
}

describe('the terminal', () => {
  test('stays empty for a moment: a small download ends before', async () => {
    const { at, stream, view } = open();
    await at(0, {});
    await at(CONFIG.cli.quietStartMs - 1, { phase: 'downloading' });
    view.close();
    expect(stream.text).toBe('');
  });

  test('has a spinner in the short phases, then a bar, never both', async () => {
    const { at, shown, view, stream } = open();
    await at(300, { phase: 'checking' });
    expect(await shown()).toEqual([expect.stringMatching(/^. data\.bin: checking data: 25% of 1000 B$/)]);
    await at(400, { phase: 'announcing' });
    expect(await shown()).toEqual([expect.stringMatching(/^. data\.bin: asking trackers and peers$/)]);
    await at(500, { phase: 'downloading', doneBytes: 500 });
    expect(await shown()).toEqual([expect.stringMatching(/^data\.bin █+░+ +50\.0%/)]);
    await at(600, { phase: 'seeding' });
    expect(await shown()).toEqual([expect.stringMatching(/^. data\.bin: seeding: 1 peer/)]);
    view.close();
    expect(await shown()).toEqual([]);
    expect(stream.text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(stream.text.lastIndexOf('\u001B[?25l'));
  });

  test.each(['checking', 'downloading'] as const)('lets a line pass while %s', async (phase) => {
    const { at, shown, view } = open();
    await at(300, { phase });
    view.log('a line that stays');
    await at(500, { phase, doneBytes: 10 });
    const lines = await shown();
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('a line that stays');
    expect(lines[1]).toContain('data.bin');
    view.close();
    expect(await shown()).toEqual(['a line that stays']);
  });

  test('a long name never makes the spinner wider than the terminal', async () => {
    const { at, shown, view } = open(40);
    await at(300, { name: '東京物語'.repeat(20) });
    const lines = await shown();
    expect(lines).toHaveLength(1);
    view.close();
  });

  test('that loses its columns gets no spinner until it has some again', async () => {
    const { at, view, stream } = open();
    await at(300, {});
    expect(stream.text).toContain('asking trackers');
    stream.resize(0);
    const { length } = stream.writes;
    await at(400, { peers: 2 });
    expect(stream.writes.length).toBe(length);
    stream.resize(80);
    await at(500, { peers: 3 });
    expect(stream.writes.length).toBeGreaterThan(length);
    view.close();
  });

  test.each(['checking', 'downloading'] as const)('is given back and taken again while %s', async (phase) => {
    const { at, shown, view, stream } = open();
    await at(300, { phase });
    expect(stream.text.lastIndexOf('\u001B[?25h')).toBeLessThan(stream.text.lastIndexOf('\u001B[?25l'));
    view.suspend();
    expect(await shown()).toEqual([]);
    expect(stream.text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(stream.text.lastIndexOf('\u001B[?25l'));
    expect(stream.text.lastIndexOf('\u001B[?7h')).toBeGreaterThanOrEqual(stream.text.lastIndexOf('\u001B[?7l'));
    const { length } = stream.writes;
    await at(500, { phase, doneBytes: 20 });
    expect(stream.writes.length).toBe(length);
    stream.write('[1]+  Stopped\r\n$ fg\r\n');
    view.resume();
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(100);
    expect(await shown()).toEqual(['[1]+  Stopped', '$ fg', expect.stringContaining('data.bin')]);
    view.close();
    expect(await shown()).toEqual(['[1]+  Stopped', '$ fg']);
  });

  test('is left alone after the end', async () => {
    const { at, view, stream } = open();
    view.close();
    await at(1000, { phase: 'downloading' });
    view.close();
    expect(stream.text).toBe('');
  });
});

describe('of several torrents', () => {
  test('there is a line each, whatever its phase, and one about all; one that ends leaves its row', async () => {
    let text = '2 torrents: 2 running';
    const { view, lane, at, shown } = open(80, () => text);
    const other = view.open();
    other.update({ ...PROGRESS, name: 'other.bin', phase: 'metadata' });
    await at(300, { phase: 'downloading', doneBytes: 500 });
    expect(await shown()).toEqual([
      expect.stringMatching(/^data\.bin █+░+ +50\.0%/),
      'other.bin: fetching metadata: 1 peer',
      '2 torrents: 2 running; 0 B/s',
    ]);
    text = '2 torrents: 1 done, 1 running';
    lane.close();
    view.log('done: data.bin');
    other.update({ ...PROGRESS, name: '東京', phase: 'downloading', doneBytes: 250 });
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(200);
    expect(await shown()).toEqual([
      'done: data.bin',
      expect.stringMatching(/^東京 .*25\.0%/),
      '2 torrents: 1 done, 1 running; 0 B/s',
    ]);
    other.close();
    view.close();
    expect(await shown()).toEqual(['done: data.bin']);
  });

  test('a terminal with few rows shows as many as fit', async () => {
    const { view, at, shown } = open(80, () => '5 torrents: 5 running', 4);
    for (const name of ['b', 'c', 'd', 'e']) view.open().update({ ...PROGRESS, name, phase: 'downloading' });
    await at(300, { phase: 'downloading' });
    expect((await shown()).map((line) => line.slice(0, 10))).toEqual(['data.bin ░', 'b        ░', '5 torrents']);
    view.close();
  });
});

test.each([
  [{ LANG: 'C.UTF-8' }, true],
  [{ LC_ALL: 'en_US.utf8', LANG: 'C' }, true],
  [{}, true],
  [{ LANG: 'C' }, false],
  [{ LC_ALL: 'POSIX', LANG: 'de_DE.UTF-8' }, false],
  [{ LANG: 'de_DE.ISO-8859-1' }, false],
])('%j: are block characters safe? %s', (environment, isSafe) => expect(isUnicodeLocale(environment)).toBe(isSafe));
