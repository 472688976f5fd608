// Canonical peer priority: the two examples of BEP 40, its masks for both families, and what it needs to know of us.

import { expect, test } from 'vitest';
import { crc32c } from '../../../src/hash/crc32c.js';
import { createAddress, type Address } from '../../../src/model/address.js';
import { ExternalAddresses } from '../../../src/model/external-addresses.js';
import { PeerPriorities, peerPriority } from '../../../src/session/peer-priority.js';
import { fromHex } from '../../support/wire-recorder.js';

function at(host: string, port = 6881): Address {
  const address = createAddress(host, port);
  if (address === null) throw new Error(`no address: ${host}`);
  return address;
}

test.each([
  ['98.76.54.32', 0xec2d_7224],
  ['123.213.32.234', 0x9956_8189],
])('the example of BEP 40 with %s', (host, expected) => {
  const own = at('123.213.32.10');
  expect(peerPriority(own, at(host))).toBe(expected);
  expect(peerPriority(at(host), own)).toBe(expected);
});

test.each([
  ['of one /16', '123.213.32.10', '123.213.254.254', '7bd52000 7bd5fe54'],
  [
    'of nothing in common',
    '2001:db8:1:ffff::1',
    '2001:db7:1:ffff::ff',
    '20010db700015555 0000000000000055 20010db800015555 0000000000000001',
  ],
  [
    'of one /48',
    '2001:db8:1:ffff::1',
    '2001:db8:1:eeee::ff',
    '20010db80001ee44 0000000000000055 20010db80001ff55 0000000000000001',
  ],
  [
    'of one /56',
    '2001:db8:1:ffff::1',
    '2001:db8:1:ffee::ff',
    '20010db80001ffee 0000000000000055 20010db80001ffff 0000000000000001',
  ],
  [
    'of one /64',
    '2001:db8:1:ffff::1',
    '2001:db8:1:ffff:ff00::ff',
    '20010db80001ffff 0000000000000001 20010db80001ffff ff00000000000055',
  ],
  ['in the last byte', '2001:db8::fe', '2001:db8::ff', '20010db800000000 00000000000000fe 20010db800000000 00000000000000ff'],
])('the mask of two addresses %s', (_, a, b, joined) => {
  expect(peerPriority(at(a), at(b))).toBe(crc32c(fromHex(joined)));
});

test('of one address the ports count', () => {
  const expected = crc32c(Uint8Array.of(0x00, 0x50, 0x1a, 0xe1));
  expect(peerPriority(at('10.0.0.1', 6881), at('10.0.0.1', 80))).toBe(expected);
  expect(peerPriority(at('2001:db8::1', 80), at('2001:db8::1', 6881))).toBe(expected);
});

test('of different families there is none', () => {
  expect(peerPriority(at('10.0.0.1'), at('2001:db8::1'))).toBeNull();
});

test('ours follow the address that others see us at', () => {
  const external = new ExternalAddresses(10);
  const priorities = new PeerPriorities(external, null);
  expect(priorities.of(at('98.76.54.32'))).toBeNull();
  external.hearFromTracker('tracker.example', '123.213.32.10');
  expect(priorities.revision).toBe(external.revision);
  expect(priorities.of(at('98.76.54.32'))).toBe(0xec2d_7224);
  expect(priorities.of(at('2001:db8::1'))).toBeNull();
  // Without a port of ours there is nothing to tell us from others of our own address by.
  expect(priorities.of(at('123.213.32.10'))).toBeNull();
});
