// Where we are seen: who has a vote, what wins, and that liars and floods change little.

import { describe, expect, test } from 'vitest';
import { createAddress, type Address } from '../../../src/model/address.js';
import { ExternalAddresses } from '../../../src/model/external-addresses.js';

function at(host: string): Address {
  const address = createAddress(host, 6881);
  if (address === null) throw new Error(`no address: ${host}`);
  return address;
}

function heard(...claims: readonly (readonly [source: string, host: string])[]): ExternalAddresses {
  const addresses = new ExternalAddresses(5);
  for (const [source, host] of claims) addresses.hearFromPeer(at(source), host);
  return addresses;
}

test('nothing at first, then what anybody says, of each family apart', () => {
  const addresses = new ExternalAddresses(5);
  expect([addresses.host(4), addresses.host(6), addresses.hosts, addresses.revision]).toEqual([null, null, [], 0]);
  addresses.hearFromTracker('tracker.example', '2001:db8::5');
  addresses.hearFromPeer(at('198.51.100.1'), '203.0.113.5');
  expect(addresses.hosts).toEqual(['203.0.113.5', '2001:db8::5']);
  expect(addresses.revision).toBe(2);
  addresses.hearFromPeer(at('198.51.100.2'), '203.0.113.5');
  expect(addresses.revision).toBe(2);
});

describe('the vote', () => {
  test('most win; a draw leaves things as they are', () => {
    const addresses = heard(['198.51.100.1', '203.0.113.5'], ['198.51.100.2', '203.0.113.6']);
    expect(addresses.host(4)).toBe('203.0.113.5');
    addresses.hearFromTracker('tracker.example', '203.0.113.6');
    expect(addresses.host(4)).toBe('203.0.113.6');
  });

  test('one vote a voter, and the last word counts', () => {
    const addresses = heard(
      ['198.51.100.1', '203.0.113.5'],
      ['198.51.100.2', '203.0.113.5'],
      ...Array.from({ length: 9 }, () => ['198.51.100.3', '203.0.113.66'] as const),
    );
    expect(addresses.host(4)).toBe('203.0.113.5');
    addresses.hearFromPeer(at('198.51.100.1'), '203.0.113.7');
    addresses.hearFromPeer(at('198.51.100.2'), '203.0.113.7');
    expect(addresses.host(4)).toBe('203.0.113.7');
  });

  test('an IPv6 network of 64 bits is one voter', () => {
    const addresses = heard(
      ['2001:db8:1::1', '2001:db8::5'],
      ['2001:db8:2::1', '2001:db8::5'],
      ['2001:db8:3::1', '2001:db8::66'],
      ['2001:db8:3::2', '2001:db8::66'],
      ['2001:db8:3:0:9::3', '2001:db8::66'],
    );
    expect(addresses.host(6)).toBe('2001:db8::5');
  });

  test('addresses of our own host or network lose to any other, whatever the votes', () => {
    const addresses = heard(['10.0.0.1', '10.0.0.9'], ['10.0.0.2', '10.0.0.9'], ['127.0.0.1', '127.0.0.1']);
    expect(addresses.host(4)).toBe('10.0.0.9');
    addresses.hearFromPeer(at('198.51.100.1'), '203.0.113.5');
    expect(addresses.host(4)).toBe('203.0.113.5');
  });

  test('only the last voices are remembered', () => {
    const addresses = heard(['198.51.100.1', '203.0.113.5'], ['198.51.100.2', '203.0.113.5']);
    // Five may speak: these two are the first to be forgotten.
    for (let serial = 3; serial <= 5; serial++) addresses.hearFromPeer(at(`198.51.100.${serial}`), '203.0.113.6');
    expect(addresses.host(4)).toBe('203.0.113.6');
    for (let serial = 6; serial <= 10; serial++) addresses.hearFromPeer(at(`198.51.100.${serial}`), '10.0.0.1');
    expect(addresses.host(4)).toBe('10.0.0.1');
  });
});

test.each([
  ['198.51.100.1', '0.0.0.0'],
  ['198.51.100.1', '224.0.0.1'],
  ['198.51.100.1', '255.255.255.255'],
  ['198.51.100.1', 'example.org'],
  ['198.51.100.1', ''],
  ['198.51.100.1', '2001:db8::5'],
  ['2001:db8::1', '203.0.113.5'],
  ['2001:db8::1', 'ff02::1'],
  ['2001:db8::1', '::'],
])('from %s, %s is no vote', (source, host) => {
  expect(heard([source, host]).hosts).toEqual([]);
});
