// Who has the terminal, and when it is given back.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Interruption } from '../../../src/cli/interruption.js';
import type { LogFile } from '../../../src/cli/log-file.js';
import { Output } from '../../../src/cli/output.js';
import { ProgressBoard, type ProgressBoardOptions } from '../../../src/cli/progress-board.js';
import { PLAIN_STYLE } from '../../../src/cli/render/color-level.js';
import { NO_DATA, type Progress } from '../../../src/cli/render/progress.js';
import { Suspension } from '../../../src/cli/suspension.js';
import { FakeStream } from '../../support/fake-stream.js';

const PROGRESS: Progress = { ...NO_DATA, name: 'a.bin', phase: 'downloading', totalBytes: 1000, doneBytes: 250 };
const SHOW_CURSOR = '\u001B[?25h';

beforeEach(async () => {
  await import('../../../src/cli/render/progress-bars.js');
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open({ isTTY = true, isQuiet = false, ...rest }: Partial<ProgressBoardOptions> & { readonly isTTY?: boolean } = {}) {
  const stream = new FakeStream({ isTTY, columns: 80 });
  const listeners: string[] = [];
  const process = {
    pid: 1,
    on: (signal: string) => listeners.push(signal),
    removeListener: (signal: string) => listeners.splice(listeners.indexOf(signal), 1),
    kill: () => undefined,
  };
  const interruption = new Interruption(() => undefined);
  const stderr = new Output(stream, 'xterm', () => {});
  const suspension = new Suspension(process);
  const environment = { LANG: 'C.UTF-8' };
  let now = 0;
  const board = new ProgressBoard(
    { stderr, style: PLAIN_STYLE, environment, isQuiet, interruption, suspension, ...rest },
    () => now,
  );
  const draw = async (update: () => void): Promise<void> => {
    now += 300;
    update();
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(200);
  };
  return { board, stream, listeners, interruption, draw };
}

describe('on a terminal', () => {
  test('it is held while any torrent has a place, and given back with the last one', async () => {
    const { board, stream, listeners, draw } = open();
    const closeOverview = board.openOverview(() => '2 torrents: 2 running');
    const places = [board.open(), board.open()];
    await draw(() => places.forEach((place) => place.update(PROGRESS)));
    expect(stream.text).toContain('2 torrents: 2 running');
    places[0].close();
    places[0].close();
    places[1].close();
    expect(listeners).not.toEqual([]);
    expect(stream.text).not.toContain(SHOW_CURSOR);
    closeOverview();
    expect(listeners).toEqual([]);
    expect(stream.text).toContain(SHOW_CURSOR);
    const { length } = stream.text;
    board.log('after');
    expect(stream.text.slice(length)).toBe('after\n');
  });

  test('an end at once gives it back too', async () => {
    const { board, stream, interruption, draw } = open();
    const place = board.open();
    await draw(() => place.update(PROGRESS));
    expect(stream.text).toContain('a.bin');
    expect(stream.text).not.toContain(SHOW_CURSOR);
    interruption.cleanUp();
    expect(stream.text).toContain(SHOW_CURSOR);
  });
});

test('without a terminal each torrent has lines of its own, and nothing is held', () => {
  const { board, stream, listeners } = open({ isTTY: false });
  const places = ['a.bin', 'b.bin'].map((name) => ({ name, place: board.open() }));
  for (const doneBytes of [0, 500]) for (const { name, place } of places) place.update({ ...PROGRESS, name, doneBytes });
  expect(stream.text.split('\n')).toEqual([expect.stringMatching(/^a\.bin: 50%/), expect.stringMatching(/^b\.bin: 50%/), '']);
  expect(listeners).toEqual([]);
});

test('quiet: errors and what scripts wait for, and nothing else', async () => {
  const { board, stream, draw } = open({ isQuiet: true });
  const place = board.open();
  const closeOverview = board.openOverview(() => 'overview');
  await draw(() => place.update(PROGRESS));
  place.log('a line');
  board.log('a line');
  board.always('an error');
  place.close();
  closeOverview();
  expect(stream.text).toBe('an error\n');
});

test('no progress: messages, and nothing is held', async () => {
  const { board, stream, listeners, draw } = open({ progress: 'none' });
  const place = board.open();
  await draw(() => place.update(PROGRESS));
  place.log('of a torrent');
  board.log('of all');
  place.close();
  expect(stream.text).toBe('of a torrent\nof all\n');
  expect(listeners).toEqual([]);
});

describe('a log', () => {
  /** Only what the board calls. */
  function record(): { log: LogFile; said: string[] } {
    const said: string[] = [];
    const log = {
      say: (text: string) => said.push(text),
      write: (level: string, text: string) => said.push(`${level}: ${text}`),
    };
    return { log: log as unknown as LogFile, said };
  }

  test.each([
    ['where it is drawn', {}],
    ['where there are lines', { isTTY: false }],
    ['where it is quiet', { isQuiet: true }],
  ])('has each line once and the progress, %s', async (_, options) => {
    const { log, said } = record();
    const { board, draw } = open({ ...options, log });
    const place = board.open();
    await draw(() => place.update(PROGRESS));
    await draw(() => place.update({ ...PROGRESS, doneBytes: 500 }));
    place.log('of a torrent');
    board.log('of all');
    board.always('an error');
    place.close();
    expect(said).toEqual([expect.stringMatching(/^debug: a\.bin: 50%, /), 'of a torrent', 'of all', 'an error']);
  });
});
