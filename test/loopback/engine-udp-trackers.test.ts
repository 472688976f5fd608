// A torrent whose trackers speak UDP: sessions find each other through one, it is told the same as any other tracker, and
// neither its silence nor its end holds anybody up.

import { expect, test, vi } from 'vitest';
import { explainStall } from '../../src/engine/stall-report.js';
import {
  expectWhole,
  nextNotice,
  peerHint,
  startSeeder,
  startSession,
  startTracker,
  withTrackers,
} from '../support/engine-rig.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { UdpTrackerServer } from '../support/udp-tracker-server.js';

const TOTAL = 500_001;
const torrent = storedTorrent({ pieceLength: 32_768, files: [['', TOTAL]] });

test('a download finds a seeder that it knows only from a UDP tracker', async () => {
  const tracker = await UdpTrackerServer.open();
  const metainfo = withTrackers(torrent.metainfo, tracker.url);
  const source = await startSeeder(torrent);
  const first = await startSession(metainfo, null, { useTrackers: true, seed: true, peers: [peerHint(source)] });
  await nextNotice(first, 'completed');
  await source.close();
  const folder = await makeTempFolder();
  const second = await startSession(metainfo, folder, { useTrackers: true });
  expect(await second.done()).toMatchObject({ status: 'complete', downloadedBytes: TOTAL });
  await expectWhole(folder, torrent);
});

test('started, completed, stopped, each with its numbers, as one client', async () => {
  const tracker = await UdpTrackerServer.open();
  const seeder = await startSeeder(torrent);
  const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, {
    useTrackers: true,
    seed: true,
    peers: [peerHint(seeder)],
  });
  await nextNotice(server, 'tracker-answered', ({ event }) => event === 'completed');
  expect(server.snapshot().trackers).toMatchObject([{ state: 'working', lastError: null }]);
  await server.stop();
  expect(tracker.announces.map(({ event, downloaded, left, numwant }) => [event, downloaded, left, numwant])).toEqual([
    [2, 0, TOTAL, 200],
    [1, TOTAL, 0, 0],
    [3, TOTAL, 0, 0],
  ]);
  expect(tracker.received).toEqual(['connect', 'announce', 'announce', 'announce']);
  const [{ key, peerId, port }] = tracker.announces;
  for (const announce of tracker.announces) expect(announce).toMatchObject({ key, peerId, port });
  expect(key).toBeGreaterThan(0);
  expect(port).toBe(server.port);
});

test('a silent one is passed over for an HTTP tracker, and one of a kind that we do not speak is named', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] });
  try {
    const silent = await UdpTrackerServer.open('127.0.0.1', { isSilent: true });
    const spoken = await startTracker();
    const tiers = [['wss://tracker.example/'], [silent.url], [spoken.url]];
    const server = await startSession({ ...torrent.metainfo, announceTiers: tiers }, null, { useTrackers: true });
    const answered = nextNotice(server, 'tracker-answered');
    await silent.until(() => silent.received.length === 1);
    await vi.advanceTimersByTimeAsync(3001);
    expect(await answered).toMatchObject({ url: spoken.url });
    expect(server.snapshot().trackers.map(({ state }) => state)).toEqual(['unsupported', 'announcing', 'working']);
    expect(explainStall(server.snapshot())).toMatch(
      /^wss:\/\/tracker\.example\/ is of a kind that is not spoken yet, udp:\S+ has not answered yet, http:\S+ named 0 peers/,
    );
    await server.stop();
  } finally {
    vi.useRealTimers();
  }
});

test('a goodbye that nobody answers is said again, and given up after two seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] });
  try {
    const tracker = await UdpTrackerServer.open();
    const server = await startSession(withTrackers(torrent.metainfo, tracker.url), null, { useTrackers: true });
    await nextNotice(server, 'tracker-answered');
    tracker.faults.isSilent = true;
    const before = tracker.received.length;
    const stopped = server.stop();
    await tracker.until(() => tracker.received.length > before);
    await vi.advanceTimersByTimeAsync(1000);
    await tracker.until(() => tracker.received.length > before + 1);
    await vi.advanceTimersByTimeAsync(1000);
    await stopped;
    // Its connection id may have been forgotten: the repetition asks for another.
    expect(tracker.received.slice(before, before + 2)).toEqual(['announce', 'connect']);
  } finally {
    vi.useRealTimers();
  }
});
