import { expect, test } from 'vitest';
import { applyOnlyPeers } from '../../../src/cli/network-switches.js';
import { withoutTrackers } from '../../../src/cli/obtain-torrent.js';

const options: {
  trackers: boolean;
  pex: boolean;
  listen: boolean;
  dht: boolean;
  lsd: boolean;
  peer: string[];
  onlyPeers?: boolean;
} = {
  trackers: true,
  pex: true,
  listen: true,
  dht: true,
  lsd: true,
  peer: ['a'],
};

test('--only-peers switches every way of finding peers off, and nothing else', () => {
  expect(applyOnlyPeers({ ...options, onlyPeers: true })).toEqual({
    ...options,
    onlyPeers: true,
    trackers: false,
    pex: false,
    listen: false,
    dht: false,
    lsd: false,
  });
});

test('without it everything stays', () => {
  expect(applyOnlyPeers({ ...options, onlyPeers: false })).toEqual({ ...options, onlyPeers: false });
  expect(applyOnlyPeers(options)).toEqual(options);
});

test('excluded trackers go, and tiers that are empty then', () => {
  const tiers = [['http://a.example/announce', 'udp://b.example:1'], ['https://a.example/announce'], ['udp://c.example:2']];
  expect(withoutTrackers(tiers, [])).toEqual(tiers);
  expect(withoutTrackers(tiers, ['http*://A.*'])).toEqual([['udp://b.example:1'], ['udp://c.example:2']]);
  expect(withoutTrackers(tiers, ['udp://b*', '*c.example*', 'nothing'])).toEqual([
    ['http://a.example/announce'],
    ['https://a.example/announce'],
  ]);
  expect(withoutTrackers(tiers, ['*'])).toEqual([]);
});
