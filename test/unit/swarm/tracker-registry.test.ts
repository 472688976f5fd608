// Who counts as being in a swarm, and how many are remembered.

import { expect, test } from 'vitest';
import { createAddress, type Address } from '../../../src/model/address.js';
import type { ParsedAnnounce } from '../../../src/swarm/announce-query.js';
import { TrackerRegistry } from '../../../src/swarm/tracker-registry.js';

const HASH = 'aa'.repeat(20);

function announce(port: number, changes: Partial<ParsedAnnounce> = {}): ParsedAnnounce {
  return {
    infoHash: HASH,
    peerId: new Uint8Array(20),
    address: createAddress('127.0.0.1', port) as Address,
    event: null,
    uploaded: 0,
    downloaded: 0,
    left: 1,
    numwant: 50,
    isCompact: true,
    wantsPeerIds: true,
    key: null,
    trackerId: null,
    ...changes,
  };
}

test('a peer comes with any announce, becomes a seed with left 0 and goes with stopped', () => {
  const registry = new TrackerRegistry();
  registry.note(announce(1));
  registry.note(announce(2, { event: 'started' }));
  registry.note(announce(1, { event: 'completed', left: 0 }));
  expect(registry.peersOf(HASH).map(({ address, isSeed }) => [address.port, isSeed])).toEqual([
    [2, false],
    [1, true],
  ]);
  registry.note(announce(2, { event: 'paused' }));
  registry.note(announce(4, { event: 'paused', left: 0 }));
  expect(registry.peersOf(HASH).map(({ address, isPartialSeed }) => [address.port, isPartialSeed])).toEqual([
    [1, false],
    [2, true],
    [4, false],
  ]);
  registry.note(announce(4, { event: 'stopped' }));
  registry.note(announce(2, { event: 'stopped' }));
  registry.note(announce(3, { event: 'stopped' }));
  expect(registry.peersOf(HASH).map(({ address }) => address.port)).toEqual([1]);
  expect(registry.peersOf('bb'.repeat(20))).toEqual([]);
});

test('a crowd is bounded: the longest silent go first', () => {
  const registry = new TrackerRegistry();
  for (let port = 1; port <= 3000; port++) registry.note(announce(port));
  const ports = registry.peersOf(HASH).map(({ address }) => address.port);
  expect(ports).toHaveLength(2000);
  expect(ports[0]).toBe(1001);
  for (let torrent = 0; torrent < 1500; torrent++) registry.note(announce(1, { infoHash: String(torrent) }));
  expect(registry.peersOf(HASH)).toEqual([]);
  expect(registry.peersOf('1499')).toHaveLength(1);
});
