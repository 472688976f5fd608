// A seed over real sockets: leechers come one after the other, take all of it and go, and nothing of their connections stays, on either side.
// The session's own tables are counted in test/sim/long-seeding.test.ts, with thousands.

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SessionServer } from '../../src/engine/session-server.js';
import { startSession } from '../support/engine-rig.js';
import { watchRecords } from '../support/live-records.js';
import { putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const TORRENT = storedTorrent({ pieceLength: 16_384, files: [['a', 100_000]] });
const { metainfo } = TORRENT;
const BEFORE = 40;
const MORE = 150;
/** Of each of the last 2000 connections the session knows where it came from, as bad data may show later (blame.ts): an entry and its address. */
const REMEMBERED = { entries: 1, objects: 2 };
/** One thing more of every third would be too much; sockets that are just going are less. */
const SLACK = MORE / 3;

/** One after the other, until the seed knows that the last one has gone. */
async function leech(seed: SessionServer, count: number): Promise<void> {
  const port = seed.port ?? 0;
  for (let leecher = 0; leecher < count; leecher++) {
    const options = { peers: [{ host: '127.0.0.1', port }], useTrackers: false, useDht: false, listen: false };
    const session = await SessionServer.start(metainfo, { host: '127.0.0.1' }, null, options);
    expect(await session?.done()).toMatchObject({ status: 'complete' });
  }
  while (seed.snapshot().peers.length > 0) await setImmediate();
}

test('nothing of a connection stays when it has ended', { timeout: 120_000 }, async () => {
  const count = watchRecords();
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a': TORRENT.fileBytes(0) });
  const seed = await startSession(metainfo, folder, { seed: true, useDht: false });
  await leech(seed, BEFORE);
  const before = await count();
  await leech(seed, MORE);
  const after = await count();
  expect(seed.snapshot()).toMatchObject({ peers: [], uploadedBytes: (BEFORE + MORE) * 100_000 });
  expect(after.entries - before.entries).toBeLessThan(REMEMBERED.entries * MORE + SLACK);
  expect(after.objects - before.objects).toBeLessThan(REMEMBERED.objects * MORE + SLACK);
});
