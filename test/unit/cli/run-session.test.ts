// What a crashing session looks like on stderr.

import { expect, test } from 'vitest';
import type { CommandContext } from '../../../src/cli/command-context.js';
import { Interruption } from '../../../src/cli/interruption.js';
import { ProgressBoard, type ProgressBoardOptions } from '../../../src/cli/progress-board.js';
import { RunEnd } from '../../../src/cli/run-end.js';
import { Suspension } from '../../../src/cli/suspension.js';
import { describeError } from '../../../src/cli/report-error.js';
import { runSession } from '../../../src/cli/run-session.js';
import { Client } from '../../../src/engine/client.js';
import type { Transport } from '../../../src/net/transport.js';
import { storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const { metainfo } = storedTorrent({ pieceLength: 16_384, files: [['', 50_000]] });

test('each crash is told with its stack once, and the end in one line', async () => {
  let crashes = 0;
  const transport: Transport = {
    connect: () => {
      throw new TypeError(`bug ${++crashes}`);
    },
    listen: () => Promise.reject(new Error('nobody listens here')),
  };
  const lines: string[] = [];
  const interruption = new Interruption(() => undefined);
  const parts = {
    stderr: { line: (line: string) => lines.push(line), canDraw: false },
    isQuiet: true,
    interruption,
    suspension: new Suspension(process),
  };
  const board = new ProgressBoard(parts as unknown as ProgressBoardOptions);
  const context = { ...parts, board } as unknown as CommandContext;
  const session = { useTrackers: false, peers: [{ host: '127.0.0.1', port: 9 }] };
  const client = await Client.open({ listen: false, transport });
  const folder = await makeTempFolder();
  const error = await runSession(
    { metainfo, folder, client, session, view: board.open(), end: new RunEnd(interruption), whose: '' },
    context,
  ).catch((caught: unknown) => caught);
  expect(lines).toHaveLength(4);
  for (const [index, line] of lines.entries()) {
    expect(line).toMatch(/^effusion: this is a bug: SessionCrashedError: .*\n +at /);
    expect(line).toContain(`caused by: TypeError: bug ${index + 1}\n`);
  }
  expect(describeError(error)).toEqual({
    text: 'effusion: error: a bug of effusion ended the session: it crashed 4 times, see above. The stack is worth a report. Run it again: it goes on where it stopped. (exit 1)',
    exitCode: 1,
  });
});
