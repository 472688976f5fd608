import { expect, test } from 'vitest';
import { addToFilter, createFilter } from '../../../../../src/discovery/dht/protocol/bloom-filter.js';
import { Lookup } from '../../../../../src/discovery/dht/protocol/lookup.js';
import { Search } from '../../../../../src/discovery/dht/protocol/search.js';
import { formatAddress } from '../../../../../src/model/address.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const HASH = new Uint8Array(20);
const from = addressAt('8.8.8.8', 1);
const lookup = new Lookup(HASH, 8, { parallel: 3, maxQueriesPerLookup: 9, maxPeersPerSearch: 9 });

function create(scrape = false): Search {
  return new Search({ number: 1, infoHash: HASH, announce: null, scrape, maxPeers: 10 });
}

test('peers are told once, so many and no more, and few of one host', () => {
  const search = create();
  const values = [1, 2, 3, 4, 5, 6].map((port) => addressAt('9.9.9.9', port));
  const told = search.take({ values: [...values, values[0]] }, from, () => {}).map((address) => formatAddress(address));
  expect(told).toEqual(['9.9.9.9:1', '9.9.9.9:2', '9.9.9.9:3', '9.9.9.9:4']);
  const others = Array.from({ length: 20 }, (_, i) => addressAt(`9.9.${i}.1`, 1));
  expect(search.take({ values: others }, from, () => {})).toHaveLength(6);
  expect(search.outcome(lookup).peers).toBe(10);
  const local = [1, 2, 3, 4, 5, 6].map((port) => addressAt('127.0.0.1', port));
  expect(create().take({ values: local }, addressAt('127.0.0.1', 9), () => {})).toHaveLength(6);
});

test('what the teller may not name is counted and left out', () => {
  let bad = 0;
  const values = ['127.0.0.1', '192.168.0.1', '9.9.9.9'].map((host) => addressAt(host, 1));
  const told = create().take({ values }, from, (count) => (bad += count));
  expect(told.map(({ host }) => host)).toEqual(['9.9.9.9']);
  expect(bad).toBe(2);
});

test('filters are joined, and peers of nodes without filters are counted unless they are seeds', () => {
  const search = create(true);
  const filters = (seed: string, peer: string): { seeds: Uint8Array; peers: Uint8Array } => {
    const made = { seeds: createFilter(), peers: createFilter() };
    addToFilter(made.seeds, addressAt(seed, 1));
    addToFilter(made.peers, addressAt(peer, 1));
    return made;
  };
  expect(search.outcome(lookup).scrape).toBeNull();
  search.take({ filters: filters('9.0.0.1', '9.0.0.2') }, from, () => {});
  search.take({ filters: filters('9.0.0.3', '9.0.0.2') }, from, () => {});
  search.take({ values: ['9.0.0.1', '9.0.0.4'].map((host) => addressAt(host, 1)) }, from, () => {});
  expect(search.outcome(lookup).scrape).toEqual({ seeds: 2, peers: 2 });
  expect(create().outcome(lookup).scrape).toBeNull();
});
