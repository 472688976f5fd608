// What a person reads of each source, and the counts behind it.

import { describe, expect, test } from 'vitest';
import type { TrackerSnapshot } from '../../../src/discovery/tracker/tracker-notices.js';
import { reportSources } from '../../../src/engine/source-report.js';
import { SourceTally, type SourceCounts } from '../../../src/engine/source-tally.js';
import { createAddress } from '../../../src/model/address.js';

const NOBODY: SourceCounts = {
  user: { named: 0, added: 0 },
  pex: { named: 0, added: 0 },
  lsd: { named: 0, added: 0 },
  incoming: 0,
};
const IDLE: TrackerSnapshot = {
  url: 'http://t.example/announce',
  tier: 0,
  state: 'idle',
  lastError: null,
  seeds: null,
  leechers: null,
  peers: null,
  outOfScope: 0,
  latencyMs: null,
  lastAnnounceAgoMs: null,
  nextAnnounceInMs: null,
};

function trackerLine(changes: Partial<TrackerSnapshot>): string {
  const [{ name, text }] = reportSources({ trackers: [{ ...IDLE, ...changes }], dht: null, sources: NOBODY });
  expect(name).toBe('tracker http://t.example/announce');
  return text;
}

describe('a tracker', () => {
  const answered = { state: 'working', peers: 12, seeds: 1, leechers: 30, latencyMs: 34.6 } as const;

  test.each<[Partial<TrackerSnapshot>, string]>([
    [{}, 'was not asked'],
    [{ state: 'announcing' }, 'has not answered yet'],
    [{ state: 'unsupported' }, 'of a kind that is not spoken'],
    [{ state: 'failed', lastError: 'connection refused' }, 'failed: connection refused'],
    [answered, 'named 12 peers of 1 seed and 30 leechers in 35 ms'],
    [{ ...answered, state: 'announcing' }, 'named 12 peers of 1 seed and 30 leechers in 35 ms'],
    [{ ...answered, seeds: null, leechers: null, peers: 1 }, 'named 1 peer in 35 ms'],
    [
      { ...answered, outOfScope: 2 },
      'named 12 peers of 1 seed and 30 leechers in 35 ms and 2 addresses that are not reachable from it, which we leave alone',
    ],
    [
      { ...answered, state: 'failed', lastError: 'no answer in time' },
      'failed: no answer in time; before, it named 12 peers of 1 seed and 30 leechers in 35 ms',
    ],
  ])('%j', (changes, text) => expect(trackerLine(changes)).toBe(text));
});

test('each source has a line, in a fixed order', () => {
  const sources: SourceCounts = {
    user: { named: 1, added: 1 },
    pex: { named: 40, added: 7 },
    lsd: { named: 1, added: 0 },
    incoming: 2,
  };
  const lines = reportSources({ trackers: [IDLE, IDLE], dht: null, sources }).map(({ name, text }) => `${name}: ${text}`);
  expect(lines).toEqual([
    'tracker http://t.example/announce: was not asked',
    'tracker http://t.example/announce: was not asked',
    'DHT: off',
    'peer exchange: 40 addresses, 7 of them new',
    'local network: 1 address, 0 of them new',
    'incoming: 2 peers',
    '--peer, the link and its metadata: 1 address, 1 of them new',
  ]);
});

test('what is off is said to be off, and who was not named is not spoken of', () => {
  expect(reportSources({ trackers: [], dht: null, sources: { ...NOBODY, pex: null, lsd: null, incoming: null } })).toEqual([
    { name: 'trackers', text: 'none was asked' },
    { name: 'DHT', text: 'off' },
    { name: 'peer exchange', text: 'off' },
    { name: 'local network', text: 'off' },
    { name: 'incoming', text: 'off' },
  ]);
});

test('a private torrent has no part in what is open to all', () => {
  const sources = { ...NOBODY, pex: null, lsd: null };
  const off = reportSources({ trackers: [], dht: null, sources, isPrivate: true }).filter(({ text }) => text.startsWith('off'));
  expect(off).toEqual(['DHT', 'peer exchange', 'local network'].map((name) => ({ name, text: 'off: the torrent is private' })));
});

const LACKING = { files: 2, fileCount: 40, reason: 'refused', status: 404 } as const;

test.each([
  [{ state: 'idle', downloadedBytes: 0 }, 'was not needed'],
  [{ state: 'idle', downloadedBytes: 30_000_000 }, 'sent 28.6 MiB'],
  [{ state: 'fetching', downloadedBytes: 0 }, 'was asked and sent nothing'],
  [{ state: 'banned', downloadedBytes: 500 }, 'sent 500 bytes; is banned for bad data'],
  [
    { state: 'dropped', downloadedBytes: 0, reason: 'refused', status: 404 },
    'sent nothing; is not used any more (HTTP status 404)',
  ],
  [{ state: 'idle', downloadedBytes: 500, lacking: LACKING }, 'sent 500 bytes and lacks 2 of 40 files (HTTP status 404)'],
  [{ state: 'idle', downloadedBytes: 0, lacking: LACKING }, 'sent nothing and lacks 2 of 40 files (HTTP status 404)'],
  [{ state: 'fetching', downloadedBytes: 500, lacking: LACKING }, 'sent 500 bytes and lacks 2 of 40 files (HTTP status 404)'],
  [
    { state: 'dropped', downloadedBytes: 500, reason: 'refused', status: 404, lacking: LACKING },
    'sent 500 bytes; is not used any more, as it lacks 2 of 40 files (HTTP status 404)',
  ],
  [
    { state: 'dropped', downloadedBytes: 0, reason: 'refused', status: 404, lacking: LACKING },
    'sent nothing; is not used any more (HTTP status 404)',
  ],
  [{ state: 'banned', downloadedBytes: 500, lacking: LACKING }, 'sent 500 bytes; is banned for bad data'],
] as const)('a web seed: %j', (changes, text) => {
  const seed = {
    name: 'http://h/',
    reason: null,
    status: null,
    retryInMs: null,
    connections: 0,
    downloadBytesPerSecond: 0,
    ...changes,
  };
  expect(reportSources({ trackers: [], dht: null, sources: NOBODY, webSeeds: [seed] })).toContainEqual({
    name: 'web seed http://h/',
    text,
  });
});

test.each([
  [{ state: 'waiting', nodes: 0, peers: 0, searches: 0 }, 'not asked'],
  [{ state: 'failed', nodes: 0, peers: 0, searches: 0 }, 'no UDP socket for it'],
  [{ state: 'starting', nodes: 0, peers: 0, searches: 0 }, 'no node has answered yet'],
  [{ state: 'running', nodes: 0, peers: 0, searches: 1 }, 'no node answers'],
  [{ state: 'running', nodes: 90, peers: 1, searches: 2 }, 'named 1 peer in 2 searches, 90 nodes known'],
] as const)('the DHT: %j', (dht, text) => {
  expect(reportSources({ trackers: [], dht, sources: NOBODY })).toContainEqual({ name: 'DHT', text });
});

test('what the blocklist has kept away is told where there is some', () => {
  const blocked = (count: number): unknown =>
    reportSources({ trackers: [], dht: null, sources: NOBODY, blockedAddresses: count }).find(({ name }) => name === 'blocklist');
  expect([0, 1, 2].map(blocked)).toEqual([
    undefined,
    { name: 'blocklist', text: '1 address of those was left out' },
    { name: 'blocklist', text: '2 addresses of those were left out' },
  ]);
});

test('the tally counts what notices say', () => {
  const tally = new SourceTally({ pex: true, lsd: true, listener: true });
  const address = createAddress('192.0.2.1', 6881);
  if (address === null) throw new Error('no address');
  tally.note({ type: 'addresses-found', source: 'pex', count: 10, added: 4 });
  tally.note({ type: 'addresses-found', source: 'pex', count: 10, added: 0 });
  tally.note({ type: 'addresses-found', source: 'lsd', count: 3, added: 2 });
  tally.note({ type: 'addresses-found', source: 'user', count: 1, added: 1 });
  tally.note({ type: 'addresses-found', source: 'link', count: 3, added: 2 });
  tally.note({ type: 'addresses-found', source: 'tracker', count: 50, added: 50 });
  tally.note({ type: 'peer-opened', address, incoming: true, client: '' });
  tally.note({ type: 'peer-opened', address, incoming: false, client: '' });
  tally.note({ type: 'completed' });
  expect(tally.counts()).toEqual({
    user: { named: 4, added: 3 },
    pex: { named: 20, added: 4 },
    lsd: { named: 3, added: 2 },
    incoming: 1,
  });
  expect(new SourceTally({ pex: false, lsd: false, listener: false }).counts()).toEqual({
    user: { named: 0, added: 0 },
    pex: null,
    lsd: null,
    incoming: null,
  });
});
