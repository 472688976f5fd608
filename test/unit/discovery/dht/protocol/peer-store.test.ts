import { expect, test } from 'vitest';
import { estimateFilter } from '../../../../../src/discovery/dht/protocol/bloom-filter.js';
import { PeerStore } from '../../../../../src/discovery/dht/protocol/peer-store.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const LIMITS = { maxStoredTorrents: 3, maxStoredPeers: 8, maxPeersPerTorrent: 4, peerLifeMs: 100 };
const hash = (i: number): Uint8Array => new Uint8Array(20).fill(i);
const peer = (i: number): ReturnType<typeof addressAt> => addressAt(`10.0.0.${i}`, 1);
const first = (): number => 0;

function portsOf(store: PeerStore, infoHash: number, now = 0, noSeeds = false): string[] {
  return store.find(hash(infoHash), 99, noSeeds, first, now).map(({ host }) => host.slice(7));
}

test('what was announced is found, once, until its time is over', () => {
  const store = new PeerStore(LIMITS);
  store.add(hash(1), peer(1), false, 0);
  store.add(hash(1), peer(2), true, 50);
  store.add(hash(1), peer(1), true, 60);
  expect(store.size).toBe(2);
  expect(portsOf(store, 1, 149)).toEqual(['2', '1']);
  expect(portsOf(store, 1, 155)).toEqual(['1']);
  expect(portsOf(store, 1, 160)).toEqual([]);
  expect(store).toMatchObject({ size: 0, torrents: 0 });
});

test('full, it forgets the oldest: of the torrent, of all torrents, and whole torrents', () => {
  const store = new PeerStore(LIMITS);
  for (let i = 1; i <= 6; i++) store.add(hash(1), peer(i), false, i);
  expect(portsOf(store, 1, 6)).toEqual(['3', '4', '5', '6']);
  for (let i = 1; i <= 4; i++) store.add(hash(2), peer(i), false, 10);
  store.add(hash(3), peer(9), false, 10);
  expect(store.size).toBe(8);
  expect(portsOf(store, 1, 10)).toEqual(['4', '5', '6']);
  store.add(hash(4), peer(9), false, 10);
  expect(store.torrents).toBe(3);
  expect(portsOf(store, 1, 10)).toEqual([]);
  expect(portsOf(store, 2, 10)).toHaveLength(4);
});

test('a few of many are chosen, each once, and no seeds for who wants none', () => {
  const store = new PeerStore(LIMITS);
  for (let i = 1; i <= 4; i++) store.add(hash(1), peer(i), i === 2, 0);
  const last = (bound: number): number => bound - 1;
  const chosen = store.find(hash(1), 2, false, last, 0).map(({ host }) => host);
  expect(new Set(chosen).size).toBe(2);
  expect(portsOf(store, 1, 0, true)).toEqual(['1', '3', '4']);
  expect(store.filters(hash(2), 0)).toBeNull();
  const filters = store.filters(hash(1), 0);
  expect(Math.round(estimateFilter(filters?.seeds ?? new Uint8Array()))).toBe(1);
  expect(Math.round(estimateFilter(filters?.peers ?? new Uint8Array()))).toBe(3);
});
