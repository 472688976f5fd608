// Whatever stands in a magnet link or in a ut_metadata message: a sound value or our error. What was written comes back.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseInfoHash, parseMagnet } from '../../src/metainfo/magnet.js';
import { MetainfoError } from '../../src/model/error.js';
import { toHex } from '../../src/model/ids.js';
import { decodeMetadataMessage, encodeMetadataMessage } from '../../src/wire/ut-metadata.js';
import { WireError } from '../../src/wire/wire-error.js';

const infoHash = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((value) => new Uint8Array(value));
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** RFC 4648, written the slow way: for the tests to compare with. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)]).join('');
}

describe('magnet links', () => {
  test('an info hash comes back from hex and from base32', () => {
    fc.assert(
      fc.property(infoHash, (hash) => {
        expect(parseInfoHash(toHex(hash))).toEqual(hash);
        expect(parseInfoHash(base32(hash))).toEqual(hash);
        expect(parseMagnet(`magnet:?xt=urn:btih:${base32(hash).toLowerCase()}`).infoHash).toEqual(hash);
      }),
    );
  });

  test('a name, trackers, peers and files come back', () => {
    const port = fc.integer({ min: 1, max: 65_535 });
    const name = fc.string({ unit: 'grapheme', maxLength: 50 }).map((text) => text.trim());
    const peer = fc.record({ host: fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::7', 'a.example')), port });
    const range = fc.tuple(fc.nat(50), fc.nat(5)).map(([first, more]) => ({ first, last: first + more }));
    fc.assert(
      fc.property(
        name,
        fc.uniqueArray(fc.webUrl({ withQueryParameters: true }), { maxLength: 5 }),
        fc.uniqueArray(peer, { maxLength: 5, selector: ({ host, port }) => `${host} ${port}` }),
        fc.array(range, { minLength: 1, maxLength: 10 }),
        (displayName, trackers, peers, ranges) => {
          const parameters = [
            `xt=urn:btih:${'ab'.repeat(20)}`,
            `dn=${encodeURIComponent(displayName)}`,
            ...trackers.map((url) => `tr=${encodeURIComponent(url)}`),
            ...peers.map(({ host, port }) => `x.pe=${host.includes(':') ? `[${host}]` : host}:${port}`),
            `so=${ranges.map(({ first, last }) => `${first}-${last}`).join(',')}`,
          ];
          const magnet = parseMagnet(`magnet:?${parameters.join('&')}`);
          expect(magnet.displayName).toBe(displayName === '' ? null : displayName);
          expect(magnet.trackers).toEqual(trackers);
          expect(magnet.peers).toEqual(peers);
          const isIn = (index: number) => (one: { first: number; last: number }) => one.first <= index && index <= one.last;
          const selection = magnet.selection ?? [];
          for (let index = 0; index < 60; index++) {
            expect(selection.filter(isIn(index)).length).toBe(ranges.some(isIn(index)) ? 1 : 0);
          }
        },
      ),
    );
  });

  test('garbage gives a sound Magnet or a MetainfoError', () => {
    const name = fc.constantFrom('xt', 'dn', 'tr', 'ws', 'x.pe', 'xs', 'as', 'so', 'tr.1', '__proto__', '', 'constructor');
    const piece = fc.constantFrom(
      'urn:btih:',
      'ab'.repeat(20),
      '%',
      '%41',
      '%ff',
      '+',
      'http://',
      'h',
      ':1',
      '[',
      ']',
      '-',
      '1',
      ',',
      '=',
    );
    const value = fc.array(fc.oneof(piece, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 6 });
    const parameter = fc.tuple(name, value).map(([key, parts]) => `${key}=${parts.join('')}`);
    const text = fc
      .tuple(fc.boolean(), fc.array(parameter, { maxLength: 8 }))
      .map(([isFound, list]) => `magnet:?${isFound ? `xt=urn:btih:${'ab'.repeat(20)}&` : ''}${list.join('&')}`);
    let sound = 0;
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (input) => {
        let magnet;
        try {
          magnet = parseMagnet(input);
        } catch (error) {
          expect(error).toBeInstanceOf(MetainfoError);
          expect((error as MetainfoError).detail.path).toMatch(/^magnet(?:\.xt|\.so)?$/);
          return;
        }
        sound++;
        expect(magnet.infoHash.length).toBe(20);
        for (const { port } of magnet.peers) expect(port > 0 && port < 65_536).toBe(true);
        for (const url of [...magnet.trackers, ...magnet.webSeeds, ...magnet.sources]) expect(URL.canParse(url)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(sound).toBeGreaterThan(0);
  });
});

describe('ut_metadata', () => {
  test('what was encoded comes back', () => {
    const message = fc.oneof(
      fc.record({ type: fc.constantFrom('request' as const, 'reject' as const), piece: count }),
      fc.record({
        type: fc.constant('data' as const),
        piece: count,
        totalSize: count,
        bytes: fc.uint8Array({ maxLength: 300 }).map((value) => new Uint8Array(value)),
      }),
    );
    fc.assert(
      fc.property(message, (one) => {
        expect(decodeMetadataMessage(encodeMetadataMessage(one))).toEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  test('garbage gives a message or a WireError', () => {
    const part = fc.constantFrom('d', 'e', '8:msg_type', '5:piece', '10:total_size', 'i0e', 'i1e', 'i2e', 'i-7e', 'le', '1:a');
    const almost = fc
      .array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 10 })
      .map((parts) => new TextEncoder().encode(`d8:msg_typei1e${parts.join('')}`));
    fc.assert(
      fc.property(fc.oneof(almost, fc.uint8Array({ maxLength: 60 })), (garbage) => {
        try {
          const message = decodeMetadataMessage(garbage);
          if (message.type !== 'unknown') expect(Number.isSafeInteger(message.piece) && message.piece >= 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect((error as WireError).code).toBe('bad_metadata_message');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
