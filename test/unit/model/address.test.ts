import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import {
  addressKey,
  createAddress,
  decodeCompactAddresses,
  encodeCompactAddress,
  formatAddress,
  isUnicast,
  parseAddress,
  type Address,
} from '../../../src/model/address.js';

describe('addresses', () => {
  test('reads the compact form of the original system', () => {
    const bytes = Uint8Array.of(0xc0, 0xa8, 0x01, 0x01, 0xff, 0xff);
    expect(decodeCompactAddresses(bytes, 4)).toEqual([{ host: '192.168.1.1', port: 65_535, family: 4 }]);
  });

  test('survive the compact form', () => {
    const v4 = fc.ipV4();
    const v6 = fc
      .array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
      .map((groups) => groups.map((g) => g.toString(16)).join(':'));
    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        const address = createAddress(host, port);
        expect(address).not.toBeNull();
        if (address === null) return;
        expect(decodeCompactAddresses(encodeCompactAddress(address), address.family)).toEqual([address]);
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });

  test('have one spelling', () => {
    const key = (host: string): string => {
      const address = createAddress(host, 1);
      return address === null ? '' : addressKey(address);
    };
    expect(key('2001:DB8:0:0:0:0:0:1')).toBe('[2001:db8::1]:1');
    expect(key('2001:db8::1')).toBe(key('2001:0db8:0000::0001'));
    expect(key('::ffff:10.0.0.1')).toBe('10.0.0.1:1');
    expect(key('::ffff:a00:1')).toBe('10.0.0.1:1');
    expect(key('::')).toBe('[::]:1');
    expect(key('1:0:0:2:0:0:0:3')).toBe('[1:0:0:2::3]:1');
    expect(key('1:0:2:3:4:5:6:7')).toBe('[1:0:2:3:4:5:6:7]:1');
  });

  test('are numeric, with a port', () => {
    for (const host of [
      'localhost',
      '1.2.3',
      '1.2.3.256',
      '01.2.3.4',
      '1::2::3',
      '1:2:3:4:5:6:7',
      'fe80::1%eth0',
      '12345::',
      '',
    ]) {
      expect(createAddress(host, 1), host).toBeNull();
    }
    for (const port of [0, -1, 65_536, 1.5]) expect(createAddress('1.2.3.4', port)).toBeNull();
    for (const text of ['1.2.3.4', '::1:80', '[1.2.3.4', '1.2.3.4:', '1.2.3.4:99999'])
      expect(parseAddress(text), text).toBeNull();
  });

  test('of a compact list: port 0 is left out, an odd length is refused', () => {
    expect(decodeCompactAddresses(new Uint8Array(12), 4)).toEqual([]);
    expect(decodeCompactAddresses(new Uint8Array(7), 4)).toBeNull();
    expect(decodeCompactAddresses(new Uint8Array(12), 6)).toBeNull();
    expect(decodeCompactAddresses(new Uint8Array(0), 6)).toEqual([]);
  });

  test('of one host, or of none or many', () => {
    const isOfOne = (host: string): boolean => isUnicast(createAddress(host, 1) as Address);
    const one = ['1.0.0.0', '10.0.0.1', '127.0.0.1', '223.255.255.255', '::1', '2001:db8::1', 'fe80::1', 'ff::1', 'f:f::'];
    expect(one.filter((host) => !isOfOne(host))).toEqual([]);
    const others = ['0.0.0.0', '0.1.2.3', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::', 'ff02::1', '::ffff:0.0.0.0'];
    expect(others.filter(isOfOne)).toEqual([]);
  });
});
