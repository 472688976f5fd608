// What trackers are told (rows T2 to T4, X2): the order of the events and the exact numbers, over a whole download, a stopped
// one, one that goes on, and a crash of nothing but the tracker.

import { expect, test, vi } from 'vitest';
import type { ParsedAnnounce } from '../../src/swarm/announce-query.js';
import {
  expectWhole,
  nextNotice,
  openClient,
  peerHint,
  startSeeder,
  startSession,
  startTracker,
  withTrackers,
} from '../support/engine-rig.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const PIECE = 32_768;
const TOTAL = 500_001;
const torrent = storedTorrent({ pieceLength: PIECE, files: [['', TOTAL]] });

type Told = Pick<ParsedAnnounce, 'event' | 'downloaded' | 'left' | 'uploaded'>;

function told(announces: readonly ParsedAnnounce[]): Told[] {
  return announces.map(({ event, downloaded, left, uploaded }) => ({ event, downloaded, left, uploaded }));
}

test('a whole download: started, completed, stopped, each with its numbers', async () => {
  const tracker = await startTracker();
  const metainfo = withTrackers(torrent.metainfo, tracker.url);
  const client = await openClient();
  const seeder = await startSeeder(torrent);
  const server = await startSession(metainfo, null, { client, useTrackers: true, peers: [peerHint(seeder)], seed: true });
  await nextNotice(server, 'tracker-answered', ({ event }) => event === 'completed');
  await server.stop();
  // As the tracker says it sees us (BEP 24).
  expect(server.snapshot().externalAddresses).toEqual(['127.0.0.1']);
  expect(told(tracker.announces)).toEqual([
    { event: 'started', downloaded: 0, left: TOTAL, uploaded: 0 },
    { event: 'completed', downloaded: TOTAL, left: 0, uploaded: 0 },
    { event: 'stopped', downloaded: TOTAL, left: 0, uploaded: 0 },
  ]);
  for (const announce of tracker.announces) {
    expect(announce.address.port).toBe(client.port);
    expect(Buffer.from(announce.peerId).equals(client.peerId)).toBe(true);
    expect(announce.infoHash).toBe(Buffer.from(torrent.metainfo.infoHash.v1 ?? []).toString('hex'));
  }
  expect(tracker.announces.map(({ numwant }) => numwant)).toEqual([200, 0, 0]);
});

test('a download that ends at its last piece tells the same, and is not held up by a tracker that is slow to hear it', async () => {
  const tracker = await startTracker();
  const seeder = await startSeeder(torrent);
  const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, {
    useTrackers: true,
    peers: [peerHint(seeder)],
  });
  // Before the first answer came there is nobody to say goodbye to.
  await nextNotice(server, 'tracker-answered');
  expect(await server.done()).toMatchObject({ status: 'complete' });
  expect(tracker.announces[0]).toMatchObject({ event: 'started' });
});

test('a stopped one, and the one that goes on: left and downloaded are those of the run', async () => {
  const tracker = await startTracker();
  const metainfo = withTrackers(torrent.metainfo, tracker.url);
  const folder = await makeTempFolder();
  const slow = await startSeeder(torrent, { rateBytesPerSecond: 1_500_000 });
  const first = await startSession(metainfo, folder, { useTrackers: true, peers: [peerHint(slow)] });
  const [, { have }] = await Promise.all([
    nextNotice(first, 'tracker-answered'),
    nextNotice(first, 'piece-stored', ({ have }) => have >= 5),
  ]);
  expect(have).toBeGreaterThanOrEqual(5);
  await first.stop();
  const { verifiedBytes, downloadedBytes } = first.snapshot();
  expect(told(tracker.announces)).toEqual([
    { event: 'started', downloaded: 0, left: TOTAL, uploaded: 0 },
    { event: 'stopped', downloaded: downloadedBytes, left: TOTAL - verifiedBytes, uploaded: 0 },
  ]);

  const seeder = await startSeeder(torrent);
  const second = await startSession(metainfo, folder, { useTrackers: true, peers: [peerHint(seeder)], seed: true });
  await nextNotice(second, 'tracker-answered', ({ event }) => event === 'completed');
  await second.stop();
  expect(told(tracker.announces.slice(2))).toEqual([
    { event: 'started', downloaded: 0, left: TOTAL - verifiedBytes, uploaded: 0 },
    { event: 'completed', downloaded: TOTAL - verifiedBytes, left: 0, uploaded: 0 },
    { event: 'stopped', downloaded: TOTAL - verifiedBytes, left: 0, uploaded: 0 },
  ]);
  await expectWhole(folder, torrent);
});

test('whoever is whole from the start completes nothing, and tells what it uploaded', async () => {
  const tracker = await startTracker();
  const metainfo = withTrackers(torrent.metainfo, tracker.url);
  const folder = await makeTempFolder();
  const source = await startSeeder(torrent);
  await (await startSession(torrent.metainfo, folder, { peers: [peerHint(source)] })).done();
  const seeder = await startSession(metainfo, folder, { useTrackers: true, seed: true, isReadOnly: true });
  await nextNotice(seeder, 'tracker-answered');
  const leecher = await startSession(metainfo, null, { useTrackers: true });
  expect(await leecher.done()).toMatchObject({ status: 'complete', downloadedBytes: TOTAL });
  await seeder.stop();
  const own = tracker.announces.filter(({ address }) => address.port === seeder.port);
  expect(told(own)).toEqual([
    { event: 'started', downloaded: 0, left: 0, uploaded: 0 },
    { event: 'stopped', downloaded: 0, left: 0, uploaded: TOTAL },
  ]);
});

test('two sessions that know nothing but the tracker find each other', async () => {
  const tracker = await startTracker();
  const metainfo = withTrackers(torrent.metainfo, tracker.url);
  const source = await startSeeder(torrent);
  const first = await startSession(metainfo, null, { useTrackers: true, seed: true, peers: [peerHint(source)] });
  await nextNotice(first, 'completed');
  await source.close();
  const folder = await makeTempFolder();
  const second = await startSession(metainfo, folder, { useTrackers: true });
  expect(await second.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
});

test('our own address, as the tracker names it, is not a peer: nobody ever answered', async () => {
  const client = await openClient();
  const tracker = await startTracker();
  const own = { host: '127.0.0.1', port: client.port ?? 0 };
  const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, {
    client,
    peers: [own],
    useTrackers: true,
    noPeersTimeoutMs: 400,
  });
  await expect(server.done()).rejects.toMatchObject({ code: 'no_peers' });
  expect(server.snapshot()).toMatchObject({ peersMet: 0, dialFailures: { 'self-connection': 1 } });
});

test('announces go on after the interval', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'hrtime'] });
  try {
    const tracker = await startTracker({ intervalSeconds: 60 });
    const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, { useTrackers: true });
    await nextNotice(server, 'tracker-answered');
    const again = nextNotice(server, 'tracker-answered', ({ event }) => event === null);
    await vi.advanceTimersByTimeAsync(60_001);
    await again;
    expect(tracker.announces.map(({ event }) => event)).toEqual(['started', null]);
    await server.stop();
  } finally {
    vi.useRealTimers();
  }
});

test('a tracker that fails, hangs or lies never ends the session', async () => {
  const failing = await startTracker({ faults: { failWith: 'not today' } });
  const hanging = await startTracker({ faults: { delayMs: 60_000 } });
  const metainfo = { ...torrent.metainfo, announceTiers: [[failing.url], ['http://127.0.0.1:1/announce'], [hanging.url]] };
  const folder = await makeTempFolder();
  const server = await startSession(metainfo, folder, { useTrackers: true });
  await nextNotice(server, 'tracker-failed', ({ url }) => url === failing.url);
  const seeder = await startSeeder(torrent);
  server.registerConnection(seeder.peerId, peerHint(seeder), () => undefined);
  server.unregisterConnection(seeder.peerId);
  expect(server.snapshot().phase).not.toBe('stopped');
  await server.stop();
  expect(await server.done()).toMatchObject({ status: 'stopped' });
});

test('a tracker that does not hear the goodbye holds nobody up for more than two seconds', async () => {
  const tracker = await startTracker();
  const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, { useTrackers: true });
  await nextNotice(server, 'tracker-answered');
  tracker.faults.delayMs = 60_000;
  const startedAt = performance.now();
  await server.stop();
  // Far from both: its own limit of 2 s, and the minute of the tracker.
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  expect(tracker.announces.map(({ event }) => event)).toEqual(['started', 'stopped']);
});
