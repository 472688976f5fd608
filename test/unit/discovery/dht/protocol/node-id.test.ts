import { describe, expect, test } from 'vitest';
import {
  commonBits,
  compareDistance,
  crc32c,
  fitsAddress,
  idInBucket,
  makeNodeId,
  neighbourhoodOf,
} from '../../../../../src/discovery/dht/protocol/node-id.js';
import { createRandom } from '../../../../../src/model/random.js';
import { addressAt } from '../../../../support/scripted-trackers.js';

const random = createRandom(1);
const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.below(256));
const id = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.padEnd(40, '0'), 'hex'));

test('the checksum is that of RFC 3720', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

describe('ids and addresses (BEP 42)', () => {
  test.each([
    ['124.31.75.21', '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401'],
    ['21.75.31.124', '5a3ce9c14e7a08645677bbd1cfe7d8f956d53256'],
    ['65.23.51.170', 'a5d43220bc8f112a3d426c84764f8c2a1150e616'],
    ['84.124.73.14', '1b0321dd1bb1fe518101ceef99462b947a01ff41'],
    ['43.213.53.83', 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
  ])('the vector of %s', (host, hex) => {
    const address = addressAt(host, 6881);
    expect(fitsAddress(id(hex), address)).toBe(true);
    const other = id(hex);
    other[2] ^= 0x08;
    expect(fitsAddress(other, address)).toBe(false);
    other[2] ^= 0x08;
    other[19] ^= 1;
    expect(fitsAddress(other, address)).toBe(false);
  });

  test.each(['198.51.100.7', '2001:db8:1:2:3::4'])('what is made for %s fits, there and nowhere else', (host) => {
    const address = addressAt(host, 1);
    for (let i = 0; i < 50; i++) {
      const made = makeNodeId(address, randomBytes);
      expect(fitsAddress(made, address)).toBe(true);
      expect(fitsAddress(made, addressAt('203.0.113.80', 1))).toBe(false);
    }
  });

  test.each(['127.0.0.1', '10.1.2.3', '192.168.0.9', '169.254.1.1', '::1', 'fd00::1'])('%s may have any', (host) => {
    expect(fitsAddress(randomBytes(20), addressAt(host, 1))).toBe(true);
  });
});

test('the nearer one comes first', () => {
  const target = id('00ff');
  expect([id('ff'), id('00'), id('00fe'), id('00ff')].toSorted((a, b) => compareDistance(target, a, b))).toEqual([
    id('00ff'),
    id('00fe'),
    id('00'),
    id('ff'),
  ]);
  expect(compareDistance(target, target, id('00ff'))).toBe(0);
});

test('common bits, and points made for a bucket', () => {
  const own = randomBytes(20);
  expect(commonBits(own, own)).toBe(160);
  for (let bits = 0; bits < 160; bits++) expect(commonBits(own, idInBucket(own, bits, randomBytes))).toBe(bits);
});

test('who may be one and the same', () => {
  const network = (host: string): unknown => neighbourhoodOf(addressAt(host, 1)).network;
  expect(network('8.8.8.8')).toBe(network('8.8.8.200'));
  expect(network('8.8.8.8')).not.toBe(network('8.8.9.8'));
  expect(network('2a00:1:2:3::1')).toBe(network('2a00:1:2:3:ffff::1'));
  expect(network('2a00:1:2:3::1')).not.toBe(network('2a00:1:2:4::1'));
  expect(network('127.0.0.1')).toBeNull();
  expect(neighbourhoodOf(addressAt('127.0.0.1', 1)).host).not.toBe(neighbourhoodOf(addressAt('127.0.0.1', 2)).host);
  expect(neighbourhoodOf(addressAt('8.8.8.8', 1)).host).toBe(neighbourhoodOf(addressAt('8.8.8.8', 2)).host);
});
