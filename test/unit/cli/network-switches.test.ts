import { describe, expect, test } from 'vitest';
import { applyOnlyPeers, applySwitches, describeProxy } from '../../../src/cli/network-switches.js';
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

describe('--proxy', () => {
  const socks = { kind: 'socks5h', host: 'h', port: 1, login: { user: 'u', password: 'secret' } } as const;

  test('switches off what would go around it, and nothing else', () => {
    const around = { listen: false, dht: false, lsd: false };
    expect(applySwitches({ ...options, proxy: socks })).toEqual({ ...options, proxy: socks, ...around });
    expect(applySwitches({ ...options, proxy: socks, onlyPeers: true })).toMatchObject({ trackers: false, listen: false });
  });

  test('excludes --port', () => {
    expect(() => applySwitches({ ...options, proxy: socks, port: { first: 1, last: 1 } })).toThrow(/--port listens/);
    expect(applySwitches({ ...options, port: { first: 1, last: 1 } })).toMatchObject({ listen: true });
  });

  test('--interface leaves everything', () => {
    const bound = { ...options, interface: 'tun0', port: { first: 1, last: 1 } };
    expect(applySwitches(bound)).toEqual(bound);
  });

  test('is told without its login, and with what it leaves out', () => {
    expect(describeProxy(socks)).toMatch(/^everything goes through socks5h:\/\/h:1 /);
    expect(describeProxy({ ...socks, kind: 'http' })).toMatch(/CONNECT.*UDP trackers and the DHT are off/);
    expect(describeProxy(socks)).not.toContain('secret');
  });
});
