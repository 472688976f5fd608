// One value, one encoding: key order, text, binary keys, and what can't be encoded.

import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/bencode/decode.js';
import { encode } from '../../../src/bencode/encode.js';
import type { Encodable } from '../../../src/bencode/encode.js';
import { InvariantError } from '../../../src/model/error.js';

const asText = (value: Encodable): string => Buffer.from(encode(value)).toString('latin1');

describe('encode', () => {
  test.each<[Encodable, string]>([
    [0, 'i0e'],
    [-0, 'i0e'],
    [-12, 'i-12e'],
    [Number.MAX_SAFE_INTEGER, 'i9007199254740991e'],
    [2n ** 64n, 'i18446744073709551616e'],
    ['', '0:'],
    ['ü', '2:\xc3\xbc'],
    [Uint8Array.of(0, 255), '2:\0\xff'],
    [[], 'le'],
    [[1, 'a', [2]], 'li1e1:ali2eee'],
    [{}, 'de'],
    [{ b: 1, a: 2, aa: 3, B: 4 }, 'd1:Bi4e1:ai2e2:aai3e1:bi1ee'],
    [{ here: 1, gone: undefined }, 'd4:herei1ee'],
    // By code units the second key comes first; by bytes it doesn't.
    [{ '\uffee': 1, '\u{1f600}': 2 }, 'd3:\xef\xbf\xaei1e4:\xf0\x9f\x98\x80i2ee'],
  ])('case %#', (value, expected) => {
    expect(asText(value)).toBe(expected);
  });

  test('a decoded dictionary keeps its binary keys and gets them in order', () => {
    const input = Buffer.from('d2:\xff\x80i1e9:__proto__i2e0:0:e', 'latin1');
    expect(asText(decode(input) as Encodable)).toBe('d0:0:9:__proto__i2e2:\xff\x80i1ee');
  });

  test.each([1.5, NaN, Infinity, 2 ** 53])('%d is refused', (value) => {
    expect(() => encode({ value })).toThrow(InvariantError);
  });

  test('the result is memory of its own', () => {
    const part = Uint8Array.of(1, 2, 3);
    const bytes = encode(part);
    part.fill(0);
    expect(bytes).toEqual(Uint8Array.of(0x33, 0x3a, 1, 2, 3));
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });
});
