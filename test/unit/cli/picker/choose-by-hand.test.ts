// `-I` around the picker: what is chosen are indices of the torrent's files, and who gives up ends the run as ^C does.

import { expect, test } from 'vitest';
import type { CommandContext } from '../../../../src/cli/command-context.js';
import { chooseByHand, GaveUpError } from '../../../../src/cli/picker/choose-by-hand.js';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import type { RunEnd } from '../../../../src/cli/run-end.js';
import { storedTorrent } from '../../../support/stored-torrent.js';

const { metainfo } = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 5],
    ['b', 6],
    ['c', 7],
  ],
});
const CHOSEN = { session: {}, bytes: 18, count: '3 files' };

/** Types as soon as somebody listens. */
function rig(typed: string) {
  const requests: string[] = [];
  const terminal = { isHidden: false };
  const input = {
    readableEnded: false,
    destroyed: false,
    setRawMode: () => {},
    on: (_: string, listener: (chunk: Uint8Array) => void) => {
      queueMicrotask(() => listener(new TextEncoder().encode(typed)));
    },
    removeListener: () => {},
    resume: () => {},
    pause: () => {},
  };
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
  return { requests, terminal, choosing: chooseByHand(metainfo, CHOSEN, end, context) };
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
