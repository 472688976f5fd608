// What a report remembers of a run: speeds, the time of each piece, who gave what. Bounded, however long it takes.

import { expect, test } from 'vitest';
import { RunRecorder } from '../../../../src/cli/report/recorder.js';
import type { ServerSnapshot } from '../../../../src/engine/server-snapshot.js';
import { createAddress } from '../../../../src/model/address.js';
import { Bitfield } from '../../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../../src/model/ids.js';

const piece = (index: number): PieceIndex => index as PieceIndex;
const address = createAddress('203.0.113.7', 6881) ?? expect.unreachable();

function snapshot(downloadedBytes: number, have: readonly number[] = [], more: Partial<ServerSnapshot> = {}): ServerSnapshot {
  const field = new Bitfield(4);
  for (const index of have) field.set(piece(index));
  return {
    downloadedBytes,
    uploadedBytes: 0,
    have: field,
    peers: [],
    webSeeds: [],
    trackers: [],
    ...more,
  } as unknown as ServerSnapshot;
}

test('speeds are those between two looks, and the end is one', () => {
  const recorder = new RunRecorder(1000);
  recorder.look(snapshot(0), 1000);
  recorder.look(snapshot(500), 2000);
  recorder.look(snapshot(1500), 2500);
  const { samples, elapsedMs } = recorder.end(3500);
  expect(elapsedMs).toBe(2500);
  expect(samples.map((sample) => [sample.atMs, sample.downloadBytesPerSecond])).toEqual([
    [1000, 500],
    [1500, 2000],
    [2500, 0],
  ]);
});

test('a download of less than a look has its mean speed', () => {
  const recorder = new RunRecorder(0);
  recorder.look(snapshot(600), 0);
  expect(recorder.end(100).samples).toEqual([{ atMs: 100, downloadBytesPerSecond: 6000, uploadBytesPerSecond: 0 }]);
});

test('a day of looks costs as much as ten minutes, and the sum of what came stays right', () => {
  const recorder = new RunRecorder(0);
  for (let second = 1; second <= 86_400; second++) recorder.look(snapshot(second * 100), second * 1000);
  const { samples } = recorder.end(86_400_000);
  expect(samples.length).toBeLessThanOrEqual(601);
  let before = 0;
  let bytes = 0;
  for (const sample of samples) {
    bytes += (sample.downloadBytesPerSecond * (sample.atMs - before)) / 1000;
    before = sample.atMs;
  }
  expect(Math.round(bytes)).toBe(8_640_000);
});

test('pieces: there before, when each came, and those that never did', () => {
  const recorder = new RunRecorder(0);
  recorder.look(snapshot(0, [0]), 10);
  recorder.notice({ type: 'piece-stored', piece: piece(2), have: 2, pieceCount: 4 }, 70);
  recorder.notice({ type: 'piece-stored', piece: piece(2), have: 2, pieceCount: 4 }, 90);
  recorder.look(snapshot(10, [0, 1, 2]), 100);
  expect([...recorder.end(200).pieceTimes]).toEqual([0, 200, 70, Number.NaN]);
});

test('who gave what, most first; one that left counts with what it gave', () => {
  const recorder = new RunRecorder(0);
  const peer = { address, client: 'a\u001Bb', downloadedBytes: 10, uploadedBytes: 5 };
  const seed = { name: 'https://seed.example/', downloadedBytes: 100 };
  recorder.look(snapshot(110, [], { peers: [peer], webSeeds: [seed] } as unknown as Partial<ServerSnapshot>), 0);
  recorder.notice({ type: 'peer-closed', address, reason: 'inactive', payloadBytes: 40 }, 5);
  const { sources } = recorder.end(10);
  expect(sources.map((source) => [source.name, source.downloadedBytes, source.uploadedBytes])).toEqual([
    ['https://seed.example/', 100, 0],
    ['203.0.113.7:6881', 40, 5],
  ]);
  expect(sources[1].client).not.toContain('\u001B');
});

test('a peer that came and left between two looks counts too', () => {
  const recorder = new RunRecorder(0);
  recorder.notice({ type: 'peer-opened', address, incoming: false, client: 'libtorrent' }, 1);
  recorder.notice({ type: 'peer-closed', address, reason: 'inactive', payloadBytes: 40 }, 5);
  expect(recorder.end(10).sources).toEqual([
    { name: '203.0.113.7:6881', client: 'libtorrent', downloadedBytes: 40, uploadedBytes: 0, isBanned: false },
  ]);
});

test('ten thousand peers and events do not grow it', () => {
  const recorder = new RunRecorder(0);
  for (let at = 0; at < 10_000; at++) {
    recorder.event(`event ${at}`, at);
    const peer = { address: createAddress('203.0.113.7', 1 + at), client: '', downloadedBytes: 1 + at, uploadedBytes: 0 };
    recorder.look(snapshot(at, [], { peers: [peer] } as unknown as Partial<ServerSnapshot>), at);
  }
  const { events, eventsLeftOut, sources } = recorder.end(10_000);
  expect([events.length + eventsLeftOut, events.length <= 300, sources.length <= 500]).toEqual([10_000, true, true]);
  expect(sources[0].downloadedBytes).toBe(10_000);
});

test('who was banned is known at the end, whether or not a look saw it after that', () => {
  const recorder = new RunRecorder(0);
  const other = createAddress('203.0.113.8', 6881) ?? expect.unreachable();
  recorder.look(snapshot(0), 0);
  for (const from of [address, other]) {
    recorder.notice({ type: 'peer-opened', address: from, incoming: false, client: 'x' }, 1);
    recorder.notice({ type: 'peer-closed', address: from, reason: 'banned', payloadBytes: 100 }, 3);
  }
  recorder.notice({ type: 'peer-banned', address: other, piece: piece(2) }, 4);
  expect(recorder.end(1000).sources.map(({ name, isBanned }) => [name, isBanned])).toEqual([
    ['203.0.113.7:6881', false],
    ['203.0.113.8:6881', true],
  ]);
});
