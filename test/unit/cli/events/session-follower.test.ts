// Following a session: its notices in order, its start and its end, over a restart.

import { expect, test } from 'vitest';
import { SessionFollower } from '../../../../src/cli/events/session-follower.js';
import type { ServerNotice, ServerSnapshot } from '../../../../src/engine/server-snapshot.js';
import type { PieceIndex } from '../../../../src/model/ids.js';

const SNAPSHOT = {
  phase: 'downloading',
  checkedBytes: 0,
  bytesToCheck: 0,
  totalBytes: 1000,
  verifiedBytes: 0,
  leftBytes: 1000,
  downloadedBytes: 0,
  uploadedBytes: 0,
  wastedBytes: 0,
  havePieces: 0,
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  peers: [],
  webSeeds: [],
} as unknown as ServerSnapshot;

const CHECKED: ServerNotice = { type: 'checked', havePieces: 0, pieceCount: 10, resumed: false };

function server(notices: readonly ServerNotice[], state: Partial<ServerSnapshot> = {}, onEnd = (): void => {}) {
  return {
    snapshot: () => ({ ...SNAPSHOT, ...state }),
    notices: async function* () {
      yield* notices;
      onEnd();
    },
  };
}

function follow(first: ReturnType<typeof server>) {
  const told: string[] = [];
  const session = { current: first };
  const follower = new SessionFollower({
    session,
    onNotice: (notice) => told.push(notice.type),
    onEvent: (event) => {
      if (event.event === 'progress') told.push(`progress ${event.phase} ${event.doneBytes} ${event.timeLeftMs}`);
      else if (event.event === 'verify') told.push(`verify ${event.state} ${event.checkedBytes}`);
    },
  });
  return { told, session, follower };
}

test('the check, the start, the notices, the end', async () => {
  const stored: ServerNotice = { type: 'piece-stored', piece: 0 as PieceIndex, have: 1, pieceCount: 10 };
  const { told, follower } = follow(server([CHECKED, stored], { downloadBytesPerSecond: 500 }));
  follower.start();
  await follower.stop();
  expect(told).toEqual([
    'verify done 0',
    'checked',
    'progress downloading 0 2000',
    'piece-stored',
    'progress downloading 0 2000',
  ]);
});

test('a session that never came to its check has no progress', async () => {
  const { told, follower } = follow(server([], { phase: 'checking', checkedBytes: 5 }));
  follower.start();
  follower.tick();
  await follower.stop();
  expect(told).toEqual(['verify running 5']);
});

test('data that was there is all there', async () => {
  const { told, follower } = follow(server([CHECKED], { phase: 'finished' }));
  follower.start();
  await follower.stop();
  expect(told.at(-1)).toBe('progress finished 1000 null');
});

test('the next session after a crash is followed too', async () => {
  const second = server([CHECKED, { type: 'completed' }], { phase: 'finished', verifiedBytes: 1000, havePieces: 10 });
  const { told, session, follower } = follow(
    server([CHECKED], {}, () => {
      session.current = second;
    }),
  );
  follower.start();
  await follower.stop();
  expect(told.filter((line) => line === 'checked')).toHaveLength(2);
  expect(told.slice(-2)).toEqual(['completed', 'progress finished 1000 null']);
});
