// The reader must know the info hash at byte 48, stop exactly at byte 68, and refuse a stranger at once.

import { expect, test } from 'vitest';
import { encodeHandshake, HANDSHAKE_BYTES } from '../../../src/wire/handshake.js';
import { HandshakeReader } from '../../../src/wire/handshake-reader.js';
import type { WireError } from '../../../src/wire/wire-error.js';

const handshake = {
  infoHash: Uint8Array.from({ length: 20 }, (_, i) => i + 1),
  peerId: Uint8Array.from({ length: 20 }, (_, i) => 200 + i),
  features: { fast: true, extended: true, dht: false },
};
const bytes = encodeHandshake(handshake);

test('byte by byte: the info hash at 48, the whole at 68', () => {
  const reader = new HandshakeReader();
  const chunk = new Uint8Array(1);
  for (const [i, byte] of bytes.entries()) {
    chunk[0] = byte;
    expect(reader.push(chunk, 0, 1)).toBe(1);
    expect(reader.infoHash).toEqual(i + 1 >= 48 ? handshake.infoHash : null);
    expect(reader.handshake).toEqual(i + 1 === HANDSHAKE_BYTES ? handshake : null);
  }
  expect(reader.push(chunk, 0, 1)).toBe(0);
});

test('what follows the handshake in the same chunk is left', () => {
  const chunk = new Uint8Array([9, 9, ...bytes, 0, 0, 0, 0]);
  const reader = new HandshakeReader();
  expect(reader.push(chunk, 2, chunk.length)).toBe(70);
  chunk.fill(0);
  expect(reader.handshake).toEqual(handshake);
});

test.each([0, 5, 19])('fails at the wrong byte %i, not later', (at) => {
  const wrong = bytes.slice();
  wrong[at] ^= 0x20;
  const reader = new HandshakeReader();
  expect(reader.push(wrong, 0, at)).toBe(at);
  try {
    reader.push(wrong, at, at + 1);
    expect.unreachable();
  } catch (error) {
    expect((error as WireError).code).toBe('malformed_handshake');
  }
});
