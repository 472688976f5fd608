// RC4 against the key streams of RFC 6229, in place, in parts, and from one place to another.

import { expect, test } from 'vitest';
import { toHex } from '../../../../src/model/ids.js';
import { Rc4 } from '../../../../src/wire/mse/rc4.js';
import { pseudoRandomBytes } from '../../../support/payload.js';

function keyStream(key: Uint8Array, offset: number, count: number): string {
  const cipher = new Rc4(key);
  cipher.discard(offset);
  const bytes = new Uint8Array(count);
  cipher.apply(bytes, 0, count, bytes, 0);
  return toHex(bytes);
}

const count = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i + 1);

test.each([
  [5, 0, 'b2396305f03dc027ccc3524a0a1118a8'],
  [5, 16, '6982944f18fc82d589c403a47a0d0919'],
  [5, 240, '28cb1132c96ce286421dcaadb8b69eae'],
  [5, 1024, '30abbcc7c20b01609f23ee2d5f6bb7df'],
  [5, 4096, 'ff25b58995996707e51fbdf08b34d875'],
  [16, 0, '9ac7cc9a609d1ef7b2932899cde41b97'],
  [16, 1024, 'bdf0324e6083dcc6d3cedd3ca8c53c16'],
])('key of %i bytes, RFC 6229, from byte %i on', (length, offset, expected) => {
  expect(keyStream(count(length), offset, 16)).toBe(expected);
});

test('any division into parts, in place or not, gives the same', () => {
  const plain = pseudoRandomBytes('plain', 1000);
  const whole = new Uint8Array(1000);
  new Rc4(count(20)).apply(plain, 0, 1000, whole, 0);
  const inPlace = plain.slice();
  const elsewhere = new Uint8Array(1007);
  const [one, other] = [new Rc4(count(20)), new Rc4(count(20))];
  for (let at = 0, step = 0; at < 1000; at += step, step = (step + 3) % 29) {
    const end = Math.min(1000, at + step);
    one.apply(inPlace, at, end, inPlace, at);
    other.apply(plain, at, end, elsewhere, at + 7);
  }
  expect(inPlace).toEqual(whole);
  expect(elsewhere.subarray(7)).toEqual(whole);
  expect(plain).toEqual(pseudoRandomBytes('plain', 1000));
});
