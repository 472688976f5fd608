// `-I` around the picker: what is chosen are indices of the torrent's files, and who gives up ends the run as ^C does.

import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import type { CommandContext } from '../../../../src/cli/command-context.js';
import { chooseByHand, GaveUpError, hasChoice } from '../../../../src/cli/picker/choose-by-hand.js';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import type { RunEnd } from '../../../../src/cli/run-end.js';
import { storedTorrent } from '../../../support/stored-torrent.js';

/** A test has no terminal to be in front of. */
vi.mock(import('../../../../src/cli/foreground.js'), async (original) => ({ ...(await original()), isInForeground: () => true }));

const { metainfo } = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 5],
    ['b', 6],
    ['c', 7],
  ],
});
const CHOSEN = { session: {}, bytes: 18, count: '3 files' };

/** What happens on the terminal as soon as somebody listens: something is typed, or (end, close, error) it is gone. */
function rig(typed: string, isGoneBefore = false) {
  const requests: string[] = [];
  const terminal = { isHidden: false };
  const isGone = typed === 'end' || typed === 'close' || typed === 'error';
  const input = Object.assign(new EventEmitter(), {
    readableEnded: isGoneBefore,
    destroyed: false,
    setRawMode: () => {
      if (isGone) throw new Error('setRawMode EIO');
    },
    resume: () => {
      queueMicrotask(() =>
        isGone ? input.emit(typed, new Error('read EIO')) : input.emit('data', new TextEncoder().encode(typed)),
      );
    },
    pause: () => {},
  });
  const context = {
    stderr: { columns: 80, rows: 24, write: () => {}, onResize: () => () => {} },
    style: PLAIN_STYLE,
    interruption: { request: (cause: string) => requests.push(cause), onExit: () => () => {} },
    suspension: {
      add: () => () => {},
      hide: () => {
        terminal.isHidden = true;
        return () => {
          terminal.isHidden = false;
        };
      },
    },
    keyInput: () => input,
  } as unknown as CommandContext;
  const end = { signal: new AbortController().signal } as RunEnd;
  return { requests, terminal, input, choosing: chooseByHand(metainfo, CHOSEN, end, context) };
}

test('all are chosen at first; what is chosen comes back by its index', async () => {
  const { choosing, terminal } = rig('\u001B[B \r');
  expect(await choosing).toEqual([0, 2]);
  expect(terminal.isHidden).toBe(false);
});

test('who gives up has stopped the run, and others have the terminal again', async () => {
  const { choosing, requests, terminal } = rig('q');
  await expect(choosing).rejects.toBeInstanceOf(GaveUpError);
  expect([requests, terminal.isHidden]).toEqual([['SIGINT'], false]);
});

test.each(['end', 'close', 'error'] as const)('a terminal that is gone (%s) has given up', async (how) => {
  const { choosing, requests, terminal, input } = rig(how);
  await expect(choosing).rejects.toBeInstanceOf(GaveUpError);
  expect([requests, terminal.isHidden]).toEqual([['SIGHUP'], false]);
  expect(input.eventNames()).toEqual([]);
});

test('a terminal that was gone before has given up too', async () => {
  const { choosing, requests } = rig('\r', true);
  await expect(choosing).rejects.toBeInstanceOf(GaveUpError);
  expect(requests).toEqual(['SIGHUP']);
});

test('of one file there is nothing to choose, padding aside', () => {
  const file = (isPadding: boolean) => ({ ...metainfo.files[0], isPadding });
  expect(hasChoice({ files: [file(false), file(true)] })).toBe(false);
  expect(hasChoice({ files: [file(false), file(true), file(false)] })).toBe(true);
});
