// CRC-32C: the check value that its definitions name, and RFC 3720's own examples (appendix B.4).

import { expect, test } from 'vitest';
import { crc32c } from '../../../src/hash/crc32c.js';

test.each([
  ['nothing', new Uint8Array(), 0],
  ['the digits', new TextEncoder().encode('123456789'), 0xe306_9283],
  ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
  ['0 … 31', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd_794e],
])('%s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
