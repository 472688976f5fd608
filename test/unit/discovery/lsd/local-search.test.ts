import { describe, expect, test } from 'vitest';
import { LocalSearch, type LocalSearchAction } from '../../../../src/discovery/lsd/protocol/local-search.js';
import { encodeLsdAnnounce } from '../../../../src/discovery/lsd/protocol/lsd-message.js';
import { createAddress, type Address } from '../../../../src/model/address.js';
import { toHex } from '../../../../src/model/ids.js';

const LIMITS = { intervalMs: 300_000, minGapMs: 60_000, maxPeersPerInterval: 3 };

function hashOf(value: number): Uint8Array {
  return new Uint8Array(20).fill(value);
}

function addressOf(host: string, port = 6771): Address {
  return createAddress(host, port) ?? expect.fail('a numeric address');
}

function announceOf(port: number, infoHashes: Uint8Array[], cookie: string | null = 'other'): Uint8Array {
  return encodeLsdAnnounce('group', { port, infoHashes, cookie });
}

/** The values of the hashes that each announce of a time span names, by when. */
function announces(search: LocalSearch, from: number, to: number): [number, number[]][] {
  const all: [number, number[]][] = [];
  for (let at = search.nextTickAt(); at !== null && at <= to; at = search.nextTickAt()) {
    const now = Math.max(at, from);
    for (const action of search.handle({ type: 'tick' }, now)) {
      if (action.type === 'announce') all.push([now, action.infoHashes.map((infoHash) => infoHash[0])]);
    }
  }
  return all;
}

describe('what is announced', () => {
  test('is each torrent at once, then every five minutes', () => {
    const search = new LocalSearch('me', LIMITS);
    expect(search.nextTickAt()).toBeNull();
    search.handle({ type: 'join', infoHash: hashOf(1), announces: true }, 5000);
    expect(announces(search, 0, 620_000)).toEqual([
      [5000, [1]],
      [305_000, [1]],
      [605_000, [1]],
    ]);
  });

  test('is never more than one message a minute, and newcomers wait for it together', () => {
    const search = new LocalSearch('me', LIMITS);
    search.handle({ type: 'join', infoHash: hashOf(1), announces: true }, 0);
    expect(announces(search, 0, 1000)).toEqual([[0, [1]]]);
    search.handle({ type: 'join', infoHash: hashOf(2), announces: true }, 2000);
    search.handle({ type: 'join', infoHash: hashOf(3), announces: true }, 50_000);
    expect(search.handle({ type: 'tick' }, 59_999)).toEqual([]);
    expect(announces(search, 0, 100_000)).toEqual([[60_000, [2, 3]]]);
  });

  test('takes turns where there are more torrents than fit', () => {
    const search = new LocalSearch('me', LIMITS);
    for (let value = 1; value <= 45; value++) search.handle({ type: 'join', infoHash: hashOf(value), announces: true }, 0);
    const sizes = announces(search, 0, 299_000).map(([at, values]) => [at, values.length, values[0]]);
    expect(sizes).toEqual([
      [0, 20, 1],
      [60_000, 20, 21],
      [120_000, 5, 41],
    ]);
  });

  test('is nothing of a torrent that is only listened for', () => {
    const search = new LocalSearch('me', LIMITS);
    search.handle({ type: 'join', infoHash: hashOf(1), announces: false }, 0);
    expect(search.nextTickAt()).toBeNull();
    expect(search.handle({ type: 'tick' }, 100)).toEqual([]);
    const bytes = announceOf(7001, [hashOf(1)]);
    expect(search.handle({ type: 'datagram', from: addressOf('192.168.1.7'), bytes }, 200)).toHaveLength(1);
  });

  test('ends when a torrent leaves', () => {
    const search = new LocalSearch('me', LIMITS);
    search.handle({ type: 'join', infoHash: hashOf(1), announces: true }, 0);
    search.handle({ type: 'leave', infoHash: hashOf(1) }, 10);
    expect(search.nextTickAt()).toBeNull();
  });
});

describe('what is heard', () => {
  function listening(): LocalSearch {
    const search = new LocalSearch('me', LIMITS);
    search.handle({ type: 'join', infoHash: hashOf(1), announces: true }, 0);
    search.handle({ type: 'join', infoHash: hashOf(2), announces: true }, 0);
    return search;
  }

  const hear = (search: LocalSearch, host: string, bytes: Uint8Array): LocalSearchAction[] =>
    search.handle({ type: 'datagram', from: addressOf(host), bytes }, 100);

  test('names the sender, at the port it says, for each torrent of ours once', () => {
    const search = listening();
    const bytes = announceOf(7001, [hashOf(2), hashOf(9), hashOf(2), hashOf(1)]);
    expect(hear(search, '192.168.1.7', bytes)).toEqual([
      { type: 'found', infoHash: toHex(hashOf(2)), address: addressOf('192.168.1.7', 7001) },
      { type: 'found', infoHash: toHex(hashOf(1)), address: addressOf('192.168.1.7', 7001) },
    ]);
    expect(search.dropped).toBe(0);
  });

  test('is not what we said ourselves', () => {
    expect(hear(listening(), '192.168.1.2', announceOf(7001, [hashOf(1)], 'me'))).toEqual([]);
  });

  test('is dropped with a count where it is no announce', () => {
    const search = listening();
    expect(hear(search, '192.168.1.2', new Uint8Array([1, 2, 3]))).toEqual([]);
    expect(search.dropped).toBe(1);
  });

  test('is bounded: so many peers until the next announce of the torrent', () => {
    const search = listening();
    search.handle({ type: 'tick' }, 0);
    const flood = (): number =>
      Array.from({ length: 10 }, (_, at) => hear(search, `10.0.0.${at + 1}`, announceOf(7001, [hashOf(1)]))).flat().length;
    expect(flood()).toBe(3);
    expect(search.dropped).toBe(7);
    expect(hear(search, '10.0.0.1', announceOf(7001, [hashOf(2)]))).toHaveLength(1);
    search.handle({ type: 'tick' }, 300_000);
    expect(flood()).toBe(3);
  });
});
