// Limits of rates and numbers on real sockets. Rates are checked from above only, at each event: a slow machine can't break that.

import { expect, test } from 'vitest';
import { InvalidArgumentError } from '../../src/engine/session-error.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import { expectWhole, nextNotice, openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startAlone } from '../support/web-seed-rig.js';
import { startWebServer, webTorrent } from '../support/web-server.js';

const BLOCK = 16_384;
const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 700_000]] });

/** At each piece: no more has come than the rate gives in the time since `startedAt`, one block and 50 ms ahead. */
async function expectPaced(
  server: SessionServer,
  rate: number,
  startedAt: number,
  others: readonly SessionServer[] = [],
  ahead = BLOCK,
): Promise<void> {
  for await (const notice of server.notices()) {
    if (notice.type !== 'piece-stored') continue;
    const elapsedMs = performance.now() - startedAt;
    const bytes = [server, ...others].reduce((sum, each) => sum + each.snapshot().downloadedBytes, 0);
    expect(bytes).toBeLessThanOrEqual((rate * (elapsedMs + 50)) / 1000 + ahead);
  }
}

test.each([
  ['of the torrent', { own: 500_000, common: 0 }],
  ['of the process', { own: 0, common: 500_000 }],
  ['of the torrent below that of the process', { own: 500_000, common: 5_000_000 }],
])('a download limit %s is kept', async (_, { own, common }) => {
  const seeders = await Promise.all([1, 2, 3].map(() => startSeeder(torrent)));
  const folder = await makeTempFolder();
  const client = await openClient({ maxDownloadBytesPerSecond: common });
  const startedAt = performance.now();
  const server = await startSession(torrent.metainfo, folder, {
    client,
    maxDownloadBytesPerSecond: own,
    peers: seeders.map((seeder) => peerHint(seeder)),
  });
  await expectPaced(server, 500_000, startedAt);
  expect(await server.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
});

test.each([
  ['one file', [['', 700_000]]],
  ['many small files, a request for each', Array.from({ length: 35 }, (_, at) => [`f${at}`, 20_000] as const)],
] as const)('a download limit is kept by web seeds: %s', async (_, files) => {
  const what = webTorrent({ pieceLength: 32_768, files });
  const web = await startWebServer(what);
  const startedAt = performance.now();
  const { server, folder } = await startAlone(what, [web.url], { maxDownloadBytesPerSecond: 500_000, stallTimeoutMs: 400 });
  // Each of four links reads before it pays.
  await expectPaced(server, 500_000, startedAt, [], 4 * 65_536);
  expect(await server.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, what);
});

test('a limit below what a web seed sends at once in the time of --stall-timeout is no stall', async () => {
  const what = webTorrent({ pieceLength: BLOCK, files: [['', 150_000]] });
  const web = await startWebServer(what);
  const { server } = await startAlone(what, [web.url], { maxDownloadBytesPerSecond: 100_000, stallTimeoutMs: 200 });
  expect(await server.done()).toMatchObject({ status: 'complete' });
});

test('a limit below a block in the time of --stall-timeout is no stall', async () => {
  const small = storedTorrent({ pieceLength: BLOCK, files: [['', 3 * BLOCK]], name: 'small' });
  const seeder = await startSeeder(small);
  const server = await startSession(small.metainfo, null, {
    peers: [peerHint(seeder)],
    maxDownloadBytesPerSecond: BLOCK,
    stallTimeoutMs: 200,
  });
  await nextNotice(server, 'piece-stored');
  expect(server.snapshot()).toMatchObject({ isThrottled: true });
  expect(await server.done()).toMatchObject({ status: 'complete' });
});

test('a torrent has an upload limit of its own', async () => {
  const source = await startSeeder(torrent);
  const rate = 800_000;
  const seed = await startSession(torrent.metainfo, null, {
    seed: true,
    maxUploadBytesPerSecond: rate,
    peers: [peerHint(source)],
  });
  await nextNotice(seed, 'completed');
  await source.close();
  const startedAt = performance.now();
  const leecher = await startSession(torrent.metainfo, null, { peers: [peerHint(seed)] });
  expect(await leecher.done()).toMatchObject({ status: 'complete' });
  // What may go at once after a silence is a quarter of a second's.
  expect(performance.now() - startedAt).toBeGreaterThan((700_000 / rate) * 1000 - 250 - 20);
});

test('no more peers are connected than were allowed', async () => {
  const seeders = await Promise.all([1, 2, 3, 4].map(() => startSeeder(torrent, { rateBytesPerSecond: 400_000 })));
  const server = await startSession(torrent.metainfo, null, { peers: seeders.map((seeder) => peerHint(seeder)), maxPeers: 2 });
  let most = 0;
  for await (const notice of server.notices()) {
    if (notice.type === 'piece-stored') most = Math.max(most, server.snapshot().peers.length);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(2);
  expect(await server.done()).toMatchObject({ status: 'complete' });
});

test.each([{ maxDownloadBytesPerSecond: -1 }, { maxUploadBytesPerSecond: Number.NaN }, { maxPeers: 1.5 }, { maxUploads: -1 }])(
  '%j is refused',
  async (options) => {
    await expect(startSession(torrent.metainfo, null, options)).rejects.toThrow(InvalidArgumentError);
  },
);

test('a pause lets nothing come, counts as no stall, and is over when it is taken back', async () => {
  const seeder = await startSeeder(torrent);
  const folder = await makeTempFolder();
  const client = await openClient({});
  client.setPaused(true);
  const server = await startSession(torrent.metainfo, folder, { client, stallTimeoutMs: 300, peers: [peerHint(seeder)] });
  const opened = await nextNotice(server, 'peer-opened');
  expect(opened.type).toBe('peer-opened');
  // Three times what a stall would take: the watchdog looks at it more often than that.
  await new Promise((resolve) => {
    setTimeout(resolve, 900);
  });
  expect(server.snapshot()).toMatchObject({ downloadedBytes: 0, isThrottled: true, phase: 'downloading' });
  client.setPaused(false);
  expect(await server.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
});

test('limits of a client may change while it downloads', async () => {
  const seeder = await startSeeder(torrent);
  const folder = await makeTempFolder();
  const client = await openClient({ maxDownloadBytesPerSecond: 20_000 });
  const server = await startSession(torrent.metainfo, folder, { client, peers: [peerHint(seeder)] });
  await nextNotice(server, 'peer-opened');
  client.setLimits({ maxDownloadBytesPerSecond: 0 });
  const { elapsedMs } = (await server.done()) as { elapsedMs: number };
  // At 20,000 bytes a second it would take 35 s, and the test is given less.
  expect(elapsedMs).toBeGreaterThan(0);
  await expectWhole(folder, torrent);
}, 30_000);
