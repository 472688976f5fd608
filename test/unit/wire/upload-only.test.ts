// upload_only: the one byte that libtorrent sends, other lengths, and what is refused.

import { expect, test } from 'vitest';
import { decodeUploadOnly, encodeUploadOnly } from '../../../src/wire/upload-only.js';
import { WireError } from '../../../src/wire/wire-error.js';

test('yes and no', () => {
  for (const fact of [true, false]) expect(decodeUploadOnly(encodeUploadOnly(fact))).toBe(fact);
  expect(encodeUploadOnly(true)).toEqual(Uint8Array.of(1));
  expect(decodeUploadOnly(Uint8Array.of(0, 0, 0, 1))).toBe(true);
  expect(decodeUploadOnly(Uint8Array.of(0, 0, 0, 0))).toBe(false);
});

test.each([0, 5, 100])('%i bytes are refused', (length) => {
  expect(() => decodeUploadOnly(new Uint8Array(length))).toThrow(WireError);
});
