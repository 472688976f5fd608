// Scrapes over real sockets: HTTP and UDP, IPv4 and IPv6, and trackers that don't answer.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { scrapeTrackers } from '../../src/engine/tracker-scrape.js';
import { startSession, startTracker, withTrackers } from '../support/engine-rig.js';
import { storedTorrent } from '../support/stored-torrent.js';
import { UdpTrackerServer } from '../support/udp-tracker-server.js';

const torrent = storedTorrent({ pieceLength: 32_768, files: [['', 100_000]] });
const infoHash = torrent.metainfo.infoHash.v1 ?? new Uint8Array();

test('each kind of tracker says what it knows', async () => {
  const trackers = [await startTracker(), await startTracker({ host: '::1' })];
  const udp = [await UdpTrackerServer.open('127.0.0.1'), await UdpTrackerServer.open('::1')];
  const urls = [...trackers, ...udp].map(({ url }) => url);
  // A leecher for each of them: that there is nobody to be found is no matter.
  for (const [index, url] of urls.entries()) {
    await startSession(withTrackers(torrent.metainfo, url), null, { useTrackers: true });
    if (index < 2) await until(() => trackers[index].announces.length > 0);
    else await udp[index - 2].until(() => udp[index - 2].announces.length > 0);
  }
  const outcomes = await scrapeTrackers([urls], infoHash);
  expect(outcomes).toMatchObject([
    { counts: { seeds: 0, leechers: 1, completed: 0 } },
    { counts: { seeds: 0, leechers: 1, completed: 0 } },
    { counts: { seeds: 0, leechers: 1, completed: 17 } },
    { counts: { seeds: 0, leechers: 1, completed: 17 } },
  ]);
  for (const { latencyMs } of outcomes) expect(latencyMs).toBeGreaterThan(0);
});

test('one that is dead, refuses, says nothing, or cannot be asked costs the others nothing', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const good = await startTracker();
  const failing = await startTracker({ faults: { failWith: 'not for you' } });
  const refusing = await UdpTrackerServer.open('127.0.0.1', { failWith: 'no scrape here' });
  const mute = await UdpTrackerServer.open('127.0.0.1', { isSilent: true });
  const urls = [
    `http://127.0.0.1:${(silent.address() as AddressInfo).port}/announce`,
    failing.url,
    refusing.url,
    mute.url,
    'http://127.0.0.1:1/announce',
    'http://127.0.0.1:1/x',
    'wss://127.0.0.1:1/announce',
    'nonsense',
    good.url,
  ];
  const outcomes = await scrapeTrackers([urls], infoHash, { timeoutMs: 1000 });
  expect(outcomes.map((outcome) => ('error' in outcome ? outcome.error.code : 'answered'))).toEqual([
    'timeout',
    'failure_reason',
    'failure_reason',
    'timeout',
    'refused',
    'no_scrape',
    'unsupported_scheme',
    'unsupported_scheme',
    'answered',
  ]);
});

test('a signal ends what is open', async () => {
  const mute = await UdpTrackerServer.open('127.0.0.1', { isSilent: true });
  const stop = new AbortController();
  const asking = scrapeTrackers([[mute.url]], infoHash, { signal: stop.signal });
  await mute.until(() => mute.received.length > 0);
  stop.abort();
  expect(await asking).toMatchObject([{ error: { code: 'aborted' } }]);
});

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setImmediate(resolve));
}
