import { describe, expect, test } from 'vitest';
import type { ServerSnapshot } from '../../../src/engine/server-snapshot.js';
import { emptySnapshot } from '../../../src/engine/session-setup.js';
import { deserted } from '../../../src/engine/starved-ends.js';
import { explainStall } from '../../../src/engine/stall-report.js';
import { createAddress } from '../../../src/model/address.js';
import type { PeerSnapshot } from '../../../src/session/snapshot.js';
import { storedTorrent } from '../../support/stored-torrent.js';

const { metainfo } = storedTorrent({ pieceLength: 16_384, files: [['', 50_000]] });

function snapshot(changes: Partial<ServerSnapshot>): ServerSnapshot {
  return {
    ...emptySnapshot(metainfo),
    name: 'album',
    phase: 'downloading',
    checkedBytes: 0,
    bytesToCheck: 0,
    trackers: [],
    sources: { user: { named: 0, added: 0 }, pex: null, lsd: null, incoming: null },
    dht: null,
    externalAddresses: [],
    isPrivate: false,
    elapsedMs: 0,
    dialFailures: {},
    peersMet: 0,
    ...changes,
  };
}

function peer(changes: Partial<PeerSnapshot>): PeerSnapshot {
  const address = createAddress('192.0.2.1', 6881);
  if (address === null) throw new Error('no address');
  return {
    address,
    client: '',
    incoming: false,
    havePieces: 4,
    amChoking: true,
    amInterested: true,
    isSetAside: false,
    peerChoking: false,
    peerInterested: false,
    isSnubbed: false,
    isUploadOnly: false,
    downloadedBytes: 0,
    uploadedBytes: 0,
    downloadBytesPerSecond: 0,
    uploadBytesPerSecond: 0,
    outstandingRequests: 0,
    requestDepth: 16,
    ...changes,
  };
}

type Tracker = ServerSnapshot['trackers'][0];

function tracker(changes: Partial<Tracker>): Tracker {
  return { url: 'http://t.example/announce', state: 'updating', lastError: null, peers: null, ...changes } as Tracker;
}

test('nobody to ask at all', () => {
  expect(explainStall(snapshot({}))).toBe('no tracker to ask; 0 addresses known; no peer is connected');
});

test('what each tracker said', () => {
  const trackers = [
    tracker({ lastError: 'not today' }),
    tracker({ url: 'wss://t.example', state: 'unsupported' }),
    tracker({ url: 'http://u.example', state: 'working', peers: 1 }),
    tracker({}),
    tracker({}),
  ];
  expect(explainStall(snapshot({ trackers }))).toBe(
    'http://t.example/announce failed (not today), wss://t.example is of a kind that is not spoken yet, ' +
      'http://u.example named 1 peer, 2 more trackers; 0 addresses known; no peer is connected',
  );
});

test('addresses that a tracker may not name', () => {
  const trackers = [
    tracker({ state: 'working', peers: 0, outOfScope: 3 }),
    tracker({ url: 'http://u.example', state: 'working', peers: 1, outOfScope: 1 }),
  ];
  expect(explainStall(snapshot({ trackers }))).toContain(
    'http://t.example/announce named 0 peers and 3 addresses that are not reachable from it, which we leave alone, ' +
      'http://u.example named 1 peer and 1 address that is not reachable from it, which we leave alone; ',
  );
});

test.each([
  [{ state: 'waiting', nodes: 0, peers: 0, searches: 0 }, 'the DHT is not asked yet'],
  [{ state: 'failed', nodes: 0, peers: 0, searches: 0 }, 'no UDP socket for the DHT'],
  [{ state: 'starting', nodes: 0, peers: 0, searches: 0 }, 'no node of the DHT has answered yet'],
  [{ state: 'running', nodes: 0, peers: 0, searches: 1 }, 'no node of the DHT answers'],
  [{ state: 'running', nodes: 1, peers: 0, searches: 0 }, 'the DHT named no peer yet (1 node known)'],
  [{ state: 'running', nodes: 40, peers: 0, searches: 1 }, 'the DHT named 0 peers (40 nodes known)'],
] as const)('what the DHT said: %j', (dht, words) => {
  expect(explainStall(snapshot({ dht }))).toBe(`no tracker to ask; ${words}; 0 addresses known; no peer is connected`);
});

test('how dials ended', () => {
  const dialFailures = { refused: 3, 'connect-timeout': 1, unresolved: 1, 'send-failure': 1 };
  expect(explainStall(snapshot({ knownAddresses: 7, halfOpen: 2, dialFailures }))).toContain(
    '7 addresses known: 3 refused the connection, 1 did not answer, 1 could not be resolved, 1 send-failure, 2 being dialled',
  );
});

test('an address that failed more than once', () => {
  const words = (refused: number): string => explainStall(snapshot({ knownAddresses: 1, dialFailures: { refused } }));
  expect(words(1)).toContain('; 1 address known: 1 refused the connection;');
  expect(words(3)).toContain('; 1 address known, 3 failed tries: 3 refused the connection;');
  const notDialled = { unresolved: 1, 'proxy-failed': 3, 'out-of-descriptors': 4 };
  expect(explainStall(snapshot({ knownAddresses: 2, dialFailures: notDialled }))).toContain('; 2 addresses known: 1 could not');
});

test('what the blocklist keeps away', () => {
  expect(explainStall(snapshot({ blockedAddresses: 1 }))).toMatch(/; 1 address is on the blocklist$/);
  expect(explainStall(snapshot({ blockedAddresses: 12 }))).toMatch(/; 12 addresses are on the blocklist$/);
});

test('what connected peers do', () => {
  expect(explainStall(snapshot({ peers: [peer({ amInterested: false })] }))).toContain(
    '1 connected peer without a piece we need',
  );
  expect(explainStall(snapshot({ peers: [peer({ amInterested: false, isSetAside: true })] }))).toContain(
    '1 connected peer without a piece that is read next, but with others, as a seed has that shows its pieces one by one (super-seeding): ' +
      'download takes them in any order',
  );
  const asked = { outstandingRequests: 1 };
  const silent = [peer(asked), peer(asked), peer({ ...asked, downloadBytesPerSecond: 9 }), peer({ ...asked, peerChoking: true })];
  expect(explainStall(snapshot({ peers: silent, knownAddresses: 1 }))).toContain(
    '1 address known; 4 connected peers, 1 keeping us waiting for a slot, 2 asked and not answered yet',
  );
  const peers = [peer({ peerChoking: true }), peer({ ...asked, isSnubbed: true }), peer({})];
  const text = explainStall(snapshot({ peers, bannedAddresses: 2 }));
  expect(text).toContain('3 connected peers, 1 keeping us waiting for a slot, 1 not answering; 2 banned for bad data');
});

const WEB_SEED = {
  name: 'http://host/',
  state: 'waiting',
  reason: 'busy',
  status: 503,
  retryInMs: 29_500,
  connections: 0,
  downloadedBytes: 0,
  downloadBytesPerSecond: 0,
} as const;

test('web seeds alone: each with its state, and nothing of peers', () => {
  const webSeeds = [
    WEB_SEED,
    { ...WEB_SEED, state: 'dropped', reason: 'bad-range', status: 206 },
    { ...WEB_SEED, state: 'banned' },
    { ...WEB_SEED, state: 'idle' },
  ] as const;
  expect(explainStall(snapshot({ webSeeds }))).toBe(
    'web seed http://host/ is asked again in 30 s (HTTP status 503), ' +
      'web seed http://host/ is not used any more (it answered with another range than was asked for), ' +
      'web seed http://host/ is banned for bad data, 1 more web seed',
  );
});

test('files that a web seed lacks', () => {
  const lacking = { files: 2, fileCount: 40, reason: 'bad-length', status: 206 } as const;
  const webSeeds = [
    { ...WEB_SEED, lacking },
    { ...WEB_SEED, state: 'idle', reason: null, status: null, lacking },
    { ...WEB_SEED, state: 'dropped', reason: 'bad-length', status: 206, downloadedBytes: 5, lacking },
  ] as const;
  expect(explainStall(snapshot({ webSeeds }))).toBe(
    'web seed http://host/ is asked again in 30 s (HTTP status 503) and lacks 2 of 40 files (its file has another length), ' +
      'web seed http://host/ has nothing to do and lacks 2 of 40 files (its file has another length), ' +
      'web seed http://host/ is not used any more, as it lacks 2 of 40 files (its file has another length)',
  );
});

test('web seeds beside peers come last', () => {
  const webSeeds = [{ ...WEB_SEED, state: 'fetching' }] as const;
  expect(explainStall(snapshot({ webSeeds, knownAddresses: 3 }))).toBe(
    'no tracker to ask; 3 addresses known; no peer is connected; web seed http://host/ is asked and sends nothing',
  );
});

describe('with web seeds only, it is over', () => {
  const seed = (state: WebSeedState): ServerSnapshot['webSeeds'][0] => ({ ...WEB_SEED, state });
  type WebSeedState = ServerSnapshot['webSeeds'][0]['state'];

  test.each<[WebSeedState[], boolean]>([
    [['dropped'], true],
    [['dropped', 'banned'], true],
    [['dropped', 'waiting'], false],
    [['dropped', 'fetching', 'banned'], false],
    // That is told by `sources-exhausted`, with its own code.
    [['banned'], false],
    [[], false],
  ])('where they are %j: %s', (states, isOver) => {
    expect(deserted(snapshot({ webSeeds: states.map(seed) })) !== null).toBe(isOver);
  });
});
