// Byte vectors of the handshake, the reserved bits, and the reader in any chunking.

import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/model/error.js';
import { decodeHandshake, encodeHandshake, HANDSHAKE_BYTES, intersectFeatures } from '../../../src/wire/handshake.js';
import type { PeerFeatures } from '../../../src/wire/handshake.js';
import { WireError } from '../../../src/wire/wire-error.js';
import { fromHex, readFixture } from '../../support/wire-recorder.js';

interface Vector {
  name: string;
  hex: string;
  infoHash: string;
  peerId: string;
  features: PeerFeatures;
}

const vectors = (readFixture('wire/handshakes.json') as Vector[]).map((vector) => ({
  name: vector.name,
  bytes: fromHex(vector.hex),
  handshake: {
    infoHash: fromHex(vector.infoHash),
    peerId: Uint8Array.from(vector.peerId, (c) => c.charCodeAt(0)),
    features: vector.features,
  },
}));

describe('the handshake', () => {
  test.each(vectors)('$name: both ways', ({ bytes, handshake }) => {
    expect(bytes.length).toBe(HANDSHAKE_BYTES);
    expect(encodeHandshake(handshake)).toEqual(bytes);
    expect(decodeHandshake(bytes)).toEqual(handshake);
  });

  test('what is decoded does not share memory with its input', () => {
    const bytes = vectors[1].bytes.slice();
    const decoded = decodeHandshake(bytes);
    bytes.fill(0);
    expect(decoded).toEqual(vectors[1].handshake);
  });

  test('unknown reserved bits are ignored', () => {
    const bytes = vectors[0].bytes.slice();
    bytes.set(fromHex('ffffffffffefffFA'), 20);
    expect(decodeHandshake(bytes)).toEqual(vectors[0].handshake);
  });

  test.each([0, 1, 19])('a wrong byte %i of the protocol name is refused', (at) => {
    const bytes = vectors[0].bytes.slice();
    bytes[at] ^= 1;
    expect(() => decodeHandshake(bytes)).toThrow(WireError);
  });

  test('67 and 69 bytes are refused', () => {
    expect(() => decodeHandshake(vectors[0].bytes.subarray(0, 67))).toThrow(WireError);
    expect(() => decodeHandshake(Uint8Array.of(...vectors[0].bytes, 0))).toThrow(WireError);
  });

  test('a short id or hash is our mistake', () => {
    const { handshake } = vectors[0];
    expect(() => encodeHandshake({ ...handshake, peerId: new Uint8Array(19) })).toThrow(InvariantError);
    expect(() => encodeHandshake({ ...handshake, infoHash: new Uint8Array(32) })).toThrow(InvariantError);
  });

  test('a feature holds where both sides have it', () => {
    const mine = { fast: true, extended: true, dht: false };
    expect(intersectFeatures(mine, { fast: false, extended: true, dht: true })).toEqual({
      fast: false,
      extended: true,
      dht: false,
    });
  });
});
