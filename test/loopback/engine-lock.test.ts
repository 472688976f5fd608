// Whoever can't see our process, on another machine that shares the folder, goes by when its locks were touched: they are in every part of a
// torrent's life, for as long as that takes. Time passes at the test's will.

import { readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SessionOptions } from '../../src/engine/session-options.js';
import { FolderLock } from '../../src/storage/folder-lock.js';
import { ownIdentity } from '../../src/storage/lock-owner.js';
import { peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 50_000],
    ['b', 70_000],
  ],
});
const { metainfo } = TORRENT;

/** The promise of a lock's owner: to touch it so often at least. */
const TOUCHED_WITHIN_MS = 30_000;

let passedMs = 0;
beforeEach(() => {
  passedMs = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + passedMs);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function pass(ms: number): void {
  passedMs += ms;
  vi.advanceTimersByTime(ms);
}

/** From another machine. */
function takeFromElsewhere(folder: string): FolderLock {
  const identity = { ...ownIdentity(), host: 'elsewhere', machineId: 'another', bootId: 'another' };
  return FolderLock.acquire({ folder, name: metainfo.name, startedAt: 'today', command: 'effusion download', identity });
}

async function wholeFolder(): Promise<string> {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a': TORRENT.fileBytes(0), 'album/b': TORRENT.fileBytes(1) });
  return folder;
}

test.each<[string, string, () => Promise<{ readonly folder: string; readonly options: SessionOptions }>]>([
  ['serves what was there', 'seeding', async () => ({ folder: await wholeFolder(), options: { seed: true } })],
  [
    'serves what it has downloaded',
    'seeding',
    async () => ({ folder: await makeTempFolder(), options: { seed: true, peers: [peerHint(await startSeeder(TORRENT))] } }),
  ],
  ['waits for peers', 'announcing', async () => ({ folder: await makeTempFolder(), options: {} })],
])('a session that %s holds its folder', async (_what, phase, begin) => {
  const { folder, options } = await begin();
  const server = await startSession(metainfo, folder, options);
  while (server.snapshot().phase !== phase) await setImmediate();
  const locks = readdirSync(folder).filter((name) => name.endsWith('.lock'));
  expect(locks).toHaveLength(2);
  for (let minute = 0; minute < 5; minute++) {
    const silentSince = Date.now() / 1000 - 90;
    for (const lock of locks) utimesSync(path.join(folder, lock), silentSince, silentSince);
    pass(TOUCHED_WITHIN_MS);
    expect(() => takeFromElsewhere(folder)).toThrow('is in use');
  }
  await server.stop();
  expect(readdirSync(folder).filter((name) => name.endsWith('.lock'))).toEqual([]);
  takeFromElsewhere(folder).releaseSync();
});
