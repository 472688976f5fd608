// The vectors of BEP 6, and the edges it leaves open.

import { describe, expect, test } from 'vitest';
import { createAddress, type Address } from '../../../src/model/address.js';
import { allowedFastSet } from '../../../src/wire/allowed-fast.js';

const at = (host: string): Address => createAddress(host, 6881) as Address;
const infoHash = new Uint8Array(20).fill(0xaa);

describe('allowedFastSet', () => {
  test('BEP 6: 7 and 9 pieces of 1313 for 80.4.4.200', () => {
    expect(allowedFastSet(at('80.4.4.200'), infoHash, 1313, 7)).toEqual([1059, 431, 808, 1217, 287, 376, 1188]);
    expect(allowedFastSet(at('80.4.4.200'), infoHash, 1313, 9)).toEqual([1059, 431, 808, 1217, 287, 376, 1188, 353, 508]);
  });

  test('one network has one set, another network another', () => {
    expect(allowedFastSet(at('80.4.4.1'), infoHash, 1313)).toEqual(allowedFastSet(at('80.4.4.200'), infoHash, 1313));
    expect(allowedFastSet(at('80.4.5.200'), infoHash, 1313)).not.toEqual(allowedFastSet(at('80.4.4.200'), infoHash, 1313));
    expect(allowedFastSet(at('2001:db8::1'), infoHash, 1313)).toEqual(allowedFastSet(at('2001:db8::ffff'), infoHash, 1313));
    expect(allowedFastSet(at('2001:db8:0:1::1'), infoHash, 1313)).not.toEqual(allowedFastSet(at('2001:db8::1'), infoHash, 1313));
  });

  test('a torrent of few pieces gives all of them, one of none gives none', () => {
    expect(new Set(allowedFastSet(at('1.2.3.4'), infoHash, 3))).toEqual(new Set([0, 1, 2]));
    expect(allowedFastSet(at('1.2.3.4'), infoHash, 0)).toEqual([]);
  });
});
