// lt_donthave: the four bytes of BEP 54, and what is not four bytes.

import { expect, test } from 'vitest';
import { decodeDontHave } from '../../../src/wire/lt-donthave.js';
import { WireError } from '../../../src/wire/wire-error.js';

test('the index, big-endian and unsigned, also in the middle of a buffer', () => {
  expect(decodeDontHave(Uint8Array.of(0, 0, 1, 2))).toBe(258);
  expect(decodeDontHave(Uint8Array.of(9, 255, 255, 255, 255, 9).subarray(1, 5))).toBe(2 ** 32 - 1);
});

test.each([0, 1, 3, 5, 100])('%i bytes are refused', (length) => {
  expect(() => decodeDontHave(new Uint8Array(length))).toThrow(WireError);
});
