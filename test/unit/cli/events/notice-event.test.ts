// Each notice becomes an event that the schema knows, or none; nothing in it is changed.

import { expect, test } from 'vitest';
import { noticeToEvent } from '../../../../src/cli/events/notice-event.js';
import { CONFIG } from '../../../../src/engine/config.js';
import type { ServerNotice } from '../../../../src/engine/server-snapshot.js';
import { createAddress, type Address } from '../../../../src/model/address.js';
import type { PieceIndex } from '../../../../src/model/ids.js';
import { schemaComplaint } from '../../../support/event-lines.js';

const address = createAddress('192.0.2.1', 6881) as Address;
const piece = 7 as PieceIndex;
const files = [{ path: ['dir', 'ü\u001B.txt'], length: 12, offset: 0, isPadding: false }];

const CASES: readonly (readonly [ServerNotice, object])[] = [
  [
    {
      type: 'tracker-answered',
      url: 'http://t/***',
      peers: 3,
      seeds: null,
      leechers: 2,
      intervalMs: 1000,
      latencyMs: 12.6,
      event: null,
    },
    { event: 'tracker', state: 'answered', url: 'http://t/***', peers: 3, seeds: null, leechers: 2, latencyMs: 13 },
  ],
  [
    { type: 'tracker-failed', url: 'udp://t:1', code: 'timeout', message: 'no answer', retryInMs: null },
    { event: 'tracker', state: 'failed', code: 'timeout', message: 'no answer', retryInMs: null },
  ],
  [
    { type: 'tracker-warning', url: 'udp://t:1', message: 'slow' },
    { event: 'warning', message: 'udp://t:1: slow' },
  ],
  [
    { type: 'dht-searched', nodes: 5, peers: 2, announced: 1, elapsedMs: 99.5 },
    { event: 'dht', nodes: 5, peers: 2, announced: 1, elapsedMs: 100 },
  ],
  [
    { type: 'dht-failed', message: 'no socket' },
    { event: 'warning', code: 'dht_failed', message: 'no socket' },
  ],
  [
    { type: 'peer-opened', address, incoming: true, client: 'X\u001B[0m' },
    { event: 'peer', state: 'connected', address: '192.0.2.1:6881', incoming: true, client: 'X\u001B[0m' },
  ],
  [
    { type: 'peer-closed', address, reason: 'useless', payloadBytes: 5 },
    { event: 'peer', state: 'ended', reason: 'useless', bytes: 5 },
  ],
  [
    { type: 'dial-failed', address, reason: 'refused' },
    { event: 'peer', state: 'failed', reason: 'refused' },
  ],
  [
    { type: 'peer-banned', address, piece },
    { event: 'peer', state: 'banned', piece: 7 },
  ],
  [
    { type: 'piece-stored', piece, have: 8, pieceCount: 9 },
    { event: 'piece', piece: 7, have: 8, pieces: 9 },
  ],
  [
    { type: 'file-finished', file: 0 },
    { event: 'file', index: 1, path: 'dir/ü\u001B.txt', size: 12 },
  ],
  [
    { type: 'hash-failed', piece, sources: [address], webSeeds: ['http://w/'] },
    { event: 'hashfail', piece: 7, peers: ['192.0.2.1:6881'], webSeeds: ['http://w/'] },
  ],
  [
    { type: 'web-seed-banned', name: 'http://w/', piece },
    { event: 'warning', code: 'web_seed_banned' },
  ],
  [
    { type: 'web-seed-dropped', name: 'http://w/', reason: 'refused', status: 404 },
    { event: 'warning', code: 'web_seed_dropped', message: 'http://w/: HTTP status 404' },
  ],
  [
    { type: 'web-seed-lacks', name: 'http://w/', file: 0, lacking: 1, fileCount: 3, reason: 'refused', status: 404 },
    { event: 'warning', code: 'web_seed_lacks', message: 'http://w/: has not got dir/ü\u001B.txt: HTTP status 404' },
  ],
  [
    { type: 'super-seeding-ended', reason: 'spread' },
    { event: 'warning', code: 'super_seeding_ended' },
  ],
  [
    { type: 'checked', havePieces: 3, pieceCount: 9, resumed: true },
    { event: 'resume', havePieces: 3, pieces: 9, trusted: true },
  ],
];

test.each(CASES)('%j', (notice, expected) => {
  const event = noticeToEvent(notice, files);
  expect(event).toMatchObject(expected);
  expect(schemaComplaint({ v: 1, t: 0, id: 1, infoHash: 'a'.repeat(40), ...event })).toBeNull();
});

test.each<ServerNotice>([
  { type: 'checked', havePieces: 0, pieceCount: 9, resumed: false },
  { type: 'file-finished', file: 5 },
  { type: 'idle' },
  { type: 'completed' },
  { type: 'addresses-found', source: 'tracker', count: 1, added: 1 },
])('nothing of %j', (notice) => expect(noticeToEvent(notice, files)).toBeNull());

test('a piece of many liars names some of them', () => {
  const sources = Array.from({ length: 300 }, () => address);
  const event = noticeToEvent({ type: 'hash-failed', piece, sources, webSeeds: [] }, files);
  expect(event?.event === 'hashfail' && event.peers.length).toBe(CONFIG.events.maxNamedSources);
});

test('the schema refuses what it should', () => {
  const line = { v: 1, t: 0, event: 'piece', id: 1, piece: 0, have: 1, pieces: 2 };
  expect(schemaComplaint(line)).toBeNull();
  for (const change of [{ v: 2 }, { t: '0' }, { event: 'peace' }, { id: 0 }, { piece: -1 }, { have: undefined }, { more: 1 }]) {
    expect(schemaComplaint({ ...line, ...change }), JSON.stringify(change)).not.toBeNull();
  }
});

test('what a server lacks is told by the name that the server knows, wherever it lies here', () => {
  const placed = files.map((file) => ({ ...file, path: ['elsewhere'] }));
  const notice: ServerNotice = {
    type: 'web-seed-lacks',
    name: 'http://w/',
    file: 0,
    lacking: 1,
    fileCount: 3,
    reason: 'refused',
    status: 404,
  };
  expect(noticeToEvent(notice, placed, files)).toMatchObject({ message: expect.stringContaining('has not got dir/') as string });
});
