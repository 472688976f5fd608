import { describe, expect, test } from 'vitest';
import { SessionWatch } from '../../../src/cli/session-watch.js';
import type { Progress } from '../../../src/cli/render/progress.js';
import type { ServerNotice, ServerSnapshot } from '../../../src/engine/server-snapshot.js';
import { parseAddress } from '../../../src/model/address.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { Address } from '../../../src/model/address.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { MessageTally } from '../../../src/session/message-counts.js';

const SNAPSHOT: ServerSnapshot = {
  name: 'data\u001B[31m.bin',
  phase: 'announcing',
  checkedBytes: 0,
  bytesToCheck: 0,
  trackers: [],
  dht: null,
  externalAddresses: [],
  isPrivate: false,
  elapsedMs: 0,
  dialFailures: {},
  peersMet: 0,
  totalBytes: 1000,
  verifiedBytes: 0,
  leftBytes: 1000,
  announcedLeftBytes: 1000,
  downloadedBytes: 0,
  uploadedBytes: 0,
  wastedBytes: 0,
  pieceCount: 10,
  havePieces: 0,
  wantedPieces: 10,
  missingPieces: 10,
  have: new Bitfield(10),
  openPieces: [],
  hashFailures: 0,
  messages: new MessageTally().counts(),
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  isComplete: false,
  isEndgame: false,
  isThrottled: false,
  sources: { user: { named: 0, added: 0 }, pex: null, lsd: null, incoming: null },
  isSuperSeeding: false,
  knownAddresses: 0,
  bannedAddresses: 0,
  blockedAddresses: 0,
  halfOpen: 0,
  peers: [],
  webSeeds: [],
};

function open(notices: readonly ServerNotice[] = [], isVerbose = false) {
  let snapshot = SNAPSHOT;
  let now = 0;
  const place: { reachableAt: string | null } = { reachableAt: null };
  const updates: Progress[] = [];
  const lines: string[] = [];
  const checked: ServerSnapshot[] = [];
  const server = {
    snapshot: () => snapshot,
    notices: async function* () {
      yield* notices;
    },
  };
  const watch = new SessionWatch({
    session: { current: server },
    view: { update: (progress) => updates.push(progress), log: (line) => lines.push(line), close: () => {} },
    isVerbose,
    now: () => now,
    intervalMs: 3_600_000,
    reachableAt: () => place.reachableAt,
    onChecked: (state) => checked.push(state),
  });
  const at = (ms: number, change: Partial<ServerSnapshot> = {}): void => {
    now = ms;
    snapshot = { ...snapshot, ...change };
    watch.tick();
  };
  return { watch, at, updates, lines, checked, place };
}

describe('the view', () => {
  test('gets a name that is safe, and speed and time left of our own', () => {
    const { at, updates } = open();
    at(0);
    at(10_000, { phase: 'downloading', downloadedBytes: 500, verifiedBytes: 500, leftBytes: 500 });
    const last = updates.at(-1);
    expect(last).toMatchObject({ name: 'data\uFFFD[31m.bin', phase: 'downloading', doneBytes: 500, downloadBytesPerSecond: 50 });
    expect(last?.timeLeftMs).toBe(10_000);
  });

  test('hears where others reach us, once that is known', () => {
    const { at, updates, place } = open();
    at(0, { phase: 'seeding' });
    expect(updates.at(-1)).not.toHaveProperty('reachableAt');
    expect(updates.at(-1)?.ratio).toBe(0);
    place.reachableAt = '203.0.113.5:6881';
    at(1000);
    expect(updates.at(-1)?.reachableAt).toBe('203.0.113.5:6881');
  });

  test('is left alone once it is over', () => {
    const { at, updates } = open();
    at(0, { phase: 'finished' });
    at(1000, { phase: 'stopped' });
    expect(updates).toEqual([]);
  });

  test('a session that was started again begins to count at zero, not below', () => {
    const { at, updates } = open();
    at(0, { phase: 'downloading', downloadedBytes: 900 });
    at(1000, { downloadedBytes: 100 });
    expect(updates.at(-1)?.downloadBytesPerSecond).toBe(1000);
  });
});

test('the end of the check is told once', () => {
  const { at, checked } = open();
  at(0, { phase: 'checking' });
  at(100);
  expect(checked).toHaveLength(0);
  at(200, { phase: 'seeding' });
  at(300);
  expect(checked).toHaveLength(1);
});

describe('silence', () => {
  test('after 8 s one line says why, and not again while it lasts', () => {
    const { at, lines } = open();
    for (let second = 0; second < 8; second++) at(second * 1000);
    expect(lines).toEqual([]);
    for (let second = 8; second < 300; second++) at(second * 1000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^data\uFFFD\[31m\.bin: no data for 8 s: .*tracker/);
  });

  test('with -v the sources follow it', () => {
    const { at, lines } = open([], true);
    at(0);
    at(8000);
    expect(lines.slice(1)).toEqual([
      '  trackers: none was asked',
      '  DHT: off',
      '  peer exchange: off',
      '  local network: off',
      '  incoming: off',
    ]);
  });

  test('a download that waits for its own limit is not silent', () => {
    const { at, lines } = open();
    for (let second = 0; second < 100; second++) at(second * 1000, { phase: 'downloading', isThrottled: true });
    expect(lines).toEqual([]);
  });

  test('data in between starts the count again, but a line comes once a minute at most', () => {
    const { at, lines } = open();
    at(0);
    at(8000);
    at(9000, { downloadedBytes: 10 });
    at(20_000);
    expect(lines).toHaveLength(1);
    at(68_000);
    expect(lines).toHaveLength(2);
  });

  test('checking and seeding are no silence', () => {
    const { at, lines } = open();
    at(0, { phase: 'checking' });
    at(100_000);
    at(100_001, { phase: 'announcing' });
    at(105_000);
    at(106_000, { phase: 'seeding' });
    at(500_000);
    expect(lines).toEqual([]);
  });
});

test('what deserves a line gets one, and a swarm of liars does not fill the screen', async () => {
  const address = parseAddress('10.0.0.1:5') as Address;
  const banned: ServerNotice = { type: 'peer-banned', address, piece: 7 as PieceIndex };
  const { watch, lines } = open([
    { type: 'checked', havePieces: 4, pieceCount: 10, resumed: true },
    { type: 'tracker-warning', url: 'http://t.example/', message: 'be\u0007nice' },
    { type: 'piece-stored', piece: 1 as PieceIndex, have: 5, pieceCount: 10 },
    { type: 'super-seeding-ended', reason: 'spread' },
    ...Array.from({ length: 50 }, () => banned),
  ]);
  watch.start();
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  watch.stop();
  const texts = lines.map((line) => line.slice(line.indexOf(': ') + 2));
  expect(texts.slice(0, 4)).toEqual([
    'goes on: 4 of 10 pieces are there already',
    'tracker http://t.example/ warns: be\uFFFDnice',
    'super-seeding is over: every piece is with two peers',
    'banned 10.0.0.1:5: bad data for piece 7',
  ]);
  expect(texts).toHaveLength(23);
});

test('a seed that no tracker answers says so, once until one does', () => {
  const { at, lines } = open();
  const tracker = { tier: 0, seeds: null, leechers: null, peers: null, outOfScope: 0, latencyMs: null };
  const all = { ...tracker, lastAnnounceAgoMs: 0, nextAnnounceInMs: 0 };
  const of = (url: string, state: 'failed' | 'working' | 'announcing'): ServerSnapshot['trackers'][number] => ({
    ...all,
    url,
    state,
    lastError: state === 'failed' ? 'connection\u001b refused' : null,
  });
  const seeding = (...trackers: ServerSnapshot['trackers']): Partial<ServerSnapshot> => ({ phase: 'seeding', trackers });
  at(1000, seeding(of('http://a', 'announcing'), of('http://b', 'failed')));
  expect(lines).toEqual([]);
  at(2000, seeding(of('http://a', 'failed'), of('http://b', 'failed')));
  at(3000, seeding(of('http://a', 'announcing'), of('http://b', 'failed')));
  at(4000, seeding(of('http://a', 'failed'), of('http://b', 'failed')));
  expect(lines).toEqual([
    expect.stringMatching(
      /^data.*: no tracker answers \(http:\/\/a: connection\uFFFD refused, and 1 more\); they are asked again$/,
    ),
  ]);
  at(5000, seeding(of('http://a', 'working'), of('http://b', 'failed')));
  at(6000, seeding(of('http://a', 'failed'), of('http://b', 'failed')));
  expect(lines).toHaveLength(2);
});
