// What is read of a peer's first messages: how much it has, with and without the metadata, its name, its extensions, whom it names.

import { describe, expect, test } from 'vitest';
import { createAddress, type Address } from '../../../src/model/address.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { PeerFacts } from '../../../src/engine/peer-facts.js';
import { encodeExtendedHandshake } from '../../../src/wire/extension.js';
import { encodePexMessage } from '../../../src/wire/ut-pex.js';
import { WireError } from '../../../src/wire/wire-error.js';

function at(host: string, port = 6881): Address {
  const address = createAddress(host, port);
  if (address === null) throw new Error(host);
  return address;
}

function meet(pieceCount: number | null, { extended = true, host = '203.0.113.7' } = {}): PeerFacts {
  const peerId = Uint8Array.from('-qB4630-abcdefghijkl', (c) => c.charCodeAt(0));
  const handshake = { infoHash: new Uint8Array(20), peerId, features: { fast: true, extended, dht: false } };
  return new PeerFacts(at(host), handshake, pieceCount);
}

function bitfield(length: number, ...pieces: number[]): Uint8Array {
  const field = new Bitfield(length);
  for (const piece of pieces) field.set(piece as PieceIndex);
  return field.toBytes();
}

describe('whether it would send', () => {
  test('who has something is through once it unchokes, and may choke again', () => {
    const facts = meet(3, { extended: false });
    facts.hear({ type: 'bitfield', bytes: bitfield(3, 1) });
    expect([facts.unchokes, facts.isThrough(false)]).toEqual([false, false]);
    facts.hear({ type: 'unchoke' });
    expect([facts.unchokes, facts.isThrough(false)]).toEqual([true, true]);
    facts.hear({ type: 'choke' });
    expect(facts.unchokes).toBe(false);
  });

  test('of who has nothing no more is to be expected', () => {
    const facts = meet(3, { extended: false });
    facts.hear({ type: 'have-none' });
    expect(facts.isThrough(false)).toBe(true);
  });
});

describe('how much it has', () => {
  test('of known pieces', () => {
    const facts = meet(10);
    expect([facts.pieces, facts.progress]).toEqual([0, 0]);
    facts.hear({ type: 'bitfield', bytes: bitfield(10, 0, 3, 9) });
    facts.hear({ type: 'have', piece: 4 });
    facts.hear({ type: 'have', piece: 4 });
    expect([facts.pieces, facts.progress]).toEqual([4, 0.4]);
    expect(facts.have?.has(9 as PieceIndex)).toBe(true);
  });

  test('all of it, said in each way', () => {
    const all = meet(9);
    all.hear({ type: 'have-all' });
    const full = meet(9);
    full.hear({ type: 'bitfield', bytes: Bitfield.full(9).toBytes() });
    const one = meet(1);
    one.hear({ type: 'have', piece: 0 });
    for (const facts of [all, full, one]) expect([facts.progress, facts.have?.isFull]).toEqual([1, true]);
  });

  test('without the metadata the bytes alone tell', () => {
    const some = meet(null);
    some.hear({ type: 'bitfield', bytes: bitfield(32, 0, 1, 2, 3, 4, 5, 6) });
    some.hear({ type: 'have', piece: 4_000_000_000 });
    expect([some.pieces, some.progress, some.have]).toEqual([null, 8 / 32, null]);
    const all = meet(null);
    all.hear({ type: 'bitfield', bytes: Bitfield.full(27).toBytes() });
    expect(all.progress).toBe(1);
    const nearly = meet(null);
    nearly.hear({ type: 'bitfield', bytes: bitfield(32, ...Array.from({ length: 24 }, (_, i) => i)) });
    expect(nearly.progress).toBe(0.75);
  });

  test('what is not of this torrent is an error of the peer', () => {
    expect(() => meet(10).hear({ type: 'bitfield', bytes: new Uint8Array(3) })).toThrow(WireError);
    expect(() => meet(10).hear({ type: 'bitfield', bytes: Uint8Array.of(0, 1) })).toThrow(WireError);
    expect(() => meet(10).hear({ type: 'have', piece: 10 })).toThrow(WireError);
  });
});

describe('what it says of itself', () => {
  const handshake = (
    names: readonly [string, number][],
    more: object = {},
  ): { type: 'extended'; id: number; payload: Uint8Array } => ({
    type: 'extended',
    id: 0,
    payload: encodeExtendedHandshake({ extensions: new Map(names), ...more }),
  });

  test('its name, its metadata, where it sees us', () => {
    const facts = meet(10);
    expect([facts.client, facts.metadataBytes, facts.yourIp]).toEqual(['qBittorrent 4.6.3', null, null]);
    facts.hear(handshake([['ut_metadata', 3]], { client: 'qBittorrent/4.6.3', metadataSize: 999, yourIp: '198.51.100.4' }));
    expect([facts.client, facts.metadataBytes, facts.yourIp]).toEqual(['qBittorrent/4.6.3', 999, '198.51.100.4']);
    // A size without the extension is nothing that can be had.
    facts.hear(handshake([], { metadataSize: 999 }));
    expect(facts.metadataBytes).toBeNull();
  });

  test('it is through when all is said: pieces, extensions, and others where they are wanted', () => {
    const facts = meet(10);
    expect(facts.isThrough(true)).toBe(false);
    facts.hear({ type: 'have-none' });
    expect(facts.isThrough(false)).toBe(false);
    facts.hear(handshake([['ut_pex', 1]]));
    expect(facts.isThrough(false)).toBe(true);
    expect(facts.isThrough(true)).toBe(false);
    facts.hear({ type: 'extended', id: 2, payload: encodePexMessage({ added: [], dropped: [] }) });
    expect(facts.isThrough(true)).toBe(true);
    const plain = meet(10, { extended: false });
    plain.hear({ type: 'have-all' });
    plain.hear({ type: 'unchoke' });
    expect(plain.isThrough(true)).toBe(true);
  });

  test('whom it names, once, and nobody of our own network', () => {
    const facts = meet(10);
    const others = [at('198.51.100.9', 1), at('192.168.1.1', 80), at('127.0.0.1', 22)];
    const payload = encodePexMessage({ added: others.map((address) => ({ address, flags: 0 })), dropped: [] });
    expect(facts.hear({ type: 'extended', id: 2, payload })).toEqual([others[0]]);
    expect(facts.hear({ type: 'extended', id: 2, payload })).toEqual([]);
    expect(facts.hear({ type: 'extended', id: 9, payload })).toEqual([]);
  });
});
