// ut_metadata: the byte vectors of BEP 9, and what a stranger may send instead.

import { describe, expect, test } from 'vitest';
import { decodeMetadataMessage, encodeMetadataMessage, METADATA_PIECE_BYTES } from '../../../src/wire/ut-metadata.js';
import { WireError } from '../../../src/wire/wire-error.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function withData(head: string, length: number): Uint8Array {
  const payload = new Uint8Array(head.length + length).fill(0x78);
  payload.set(utf8(head));
  return payload;
}

describe('the examples of BEP 9', () => {
  test('request', () => {
    const bytes = utf8('d8:msg_typei0e5:piecei0ee');
    expect(decodeMetadataMessage(bytes)).toEqual({ type: 'request', piece: 0 });
    expect(encodeMetadataMessage({ type: 'request', piece: 0 })).toEqual(bytes);
  });

  test('data', () => {
    const bytes = withData('d8:msg_typei1e5:piecei0e10:total_sizei34256ee', METADATA_PIECE_BYTES);
    const message = {
      type: 'data',
      piece: 0,
      totalSize: 34_256,
      bytes: new Uint8Array(METADATA_PIECE_BYTES).fill(0x78),
    } as const;
    expect(encodeMetadataMessage(message)).toEqual(bytes);
    const decoded = decodeMetadataMessage(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(message);
  });

  test('reject', () => {
    const bytes = utf8('d8:msg_typei2e5:piecei0ee');
    expect(decodeMetadataMessage(bytes)).toEqual({ type: 'reject', piece: 0 });
    expect(encodeMetadataMessage({ type: 'reject', piece: 0 })).toEqual(bytes);
  });
});

test('bytes from a Buffer are copied too', () => {
  const bytes = Buffer.from('d8:msg_typei1e5:piecei3e10:total_sizei50000eexyz');
  const decoded = decodeMetadataMessage(bytes);
  bytes.fill(0);
  expect(decoded).toEqual({ type: 'data', piece: 3, totalSize: 50_000, bytes: utf8('xyz') });
});

test.each([
  'd8:msg_typei3e5:piecei0ee',
  'd8:msg_typei3ee',
  'd8:msg_typei-1ee',
  'd8:msg_typei99999999999999999999ee',
  'd8:msg_typei7e5:piecelee and more',
])('of another kind: %s', (text) => {
  expect(decodeMetadataMessage(utf8(text))).toEqual({ type: 'unknown' });
});

test('facts beside those of BEP 9, in any order, are ignored', () => {
  expect(decodeMetadataMessage(utf8('d1:xli1ee5:piecei2e8:msg_typei0e10:total_sizei-1eerest'))).toEqual({
    type: 'request',
    piece: 2,
  });
});

test('the last piece and the largest numbers', () => {
  expect(decodeMetadataMessage(utf8('d8:msg_typei1e5:piecei2147483647e10:total_sizei2147483647ee'))).toEqual({
    type: 'data',
    piece: 2_147_483_647,
    totalSize: 2_147_483_647,
    bytes: new Uint8Array(),
  });
});

test.each([
  '',
  'hello',
  'i0e',
  'le',
  'd8:msg_typei0e5:piecei0e',
  'd5:piecei0ee',
  'd8:msg_type1:05:piecei0ee',
  'd8:msg_typei0ee',
  'd8:msg_typei0e5:piecei-1ee',
  'd8:msg_typei0e5:piece1:0e',
  'd8:msg_typei0e5:piecei2147483648ee',
  'd8:msg_typei2e5:piecei99999999999999999999ee',
  'd8:msg_typei1e5:piecei0eexxx',
  'd8:msg_typei1e5:piecei0e10:total_sizei-1eexxx',
  'd8:msg_typei1e5:piecei0e10:total_sizei2147483648eexxx',
  'd8:msg_typei0e8:msg_typei0e5:piecei0ee',
  `d8:msg_typei0e5:piecei0e1:x${'l'.repeat(9)}${'e'.repeat(10)}`,
  `d8:msg_typei0e5:piecei0e1:xl${'le'.repeat(2000)}ee`,
])('is refused: %.60s', (text) => {
  try {
    decodeMetadataMessage(utf8(text));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    expect((error as WireError).code).toBe('bad_metadata_message');
  }
});

test('more than a piece of data is refused', () => {
  const head = 'd8:msg_typei1e5:piecei0e10:total_sizei34256ee';
  expect(() => decodeMetadataMessage(withData(head, METADATA_PIECE_BYTES + 1))).toThrow(WireError);
});
