// Laws of the formats: what was encoded comes back, garbage gives a value or our error and nothing else, slices cover
// exactly what was asked for.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BencodeDict } from '../../src/bencode/bencode-dict.js';
import type { BencodeValue } from '../../src/bencode/bencode-dict.js';
import { BencodeError } from '../../src/bencode/bencode-error.js';
import { decode, decodePrefix } from '../../src/bencode/decode.js';
import { encode } from '../../src/bencode/encode.js';
import type { Encodable } from '../../src/bencode/encode.js';
import { FileLayout } from '../../src/metainfo/file-layout.js';
import type { LayoutFile } from '../../src/metainfo/file-layout.js';
import { partName } from '../../src/metainfo/part-name.js';
import { isTorrentFile, parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { Geometry } from '../../src/model/geometry.js';
import { MetainfoError } from '../../src/model/error.js';
import { readTorrentFixture, TORRENT_FIXTURES } from '../support/torrent-fixtures.js';

const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => new Uint8Array(value));
const key = fc.string({ unit: 'binary', maxLength: 12 });

const { value: tree } = fc.letrec<{ value: Encodable }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeInteger(),
    bytes,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 15 }),
  ),
}));

/** The plain form of a decoded value, keys back from latin1 to text. */
function toPlain(value: BencodeValue): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!(value instanceof BencodeDict)) return value;
  const entries = [...value.entries()].map(([name, item]) => [Buffer.from(name, 'latin1').toString(), toPlain(item)]);
  return Object.fromEntries(entries) as unknown;
}

function sameShape(value: Encodable): unknown {
  if (Array.isArray(value)) return value.map(sameShape);
  if (typeof value !== 'object' || value instanceof Uint8Array) return Object.is(value, -0) ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, sameShape(item as Encodable)]));
}

/** Bytes that look like bencode more often than chance would have it. */
const almostBencode = fc
  .array(fc.oneof(fc.constantFrom('d', 'l', 'e', 'i', '0', '1', ':', '-', '1:a', '2:bb', 'i7e', '0:', 'le', 'de'), fc.string()), {
    maxLength: 30,
  })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

/** A fixture with some bytes changed, removed, doubled or added. */
const mutated = fc
  .tuple(
    fc.constantFrom(...TORRENT_FIXTURES.map(({ name }) => name)),
    fc.array(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom('set', 'insert', 'remove', 'double'),
        length: fc.integer({ min: 1, max: 20 }),
        byte: fc.oneof(fc.constantFrom(...Buffer.from('dlei:-0129/\\.')), fc.nat(255)),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([name, changes]) => {
    let torrent = Buffer.from(readTorrentFixture(name));
    for (const { at: anywhere, kind, length, byte } of changes) {
      const at = anywhere % (torrent.length + 1);
      const head = torrent.subarray(0, at);
      if (kind === 'set') torrent = Buffer.concat([head, Buffer.of(byte), torrent.subarray(at + 1)]);
      else if (kind === 'insert') torrent = Buffer.concat([head, Buffer.of(byte), torrent.subarray(at)]);
      else if (kind === 'remove') torrent = Buffer.concat([head, torrent.subarray(at + length)]);
      else torrent = Buffer.concat([head, torrent.subarray(at, at + length), torrent.subarray(at)]);
    }
    return torrent;
  });

const lengths = fc.array(fc.oneof(fc.constant(0), fc.nat(50)), { minLength: 1, maxLength: 20 });

function layOut(sizes: readonly number[]): { files: LayoutFile[]; total: number } {
  let total = 0;
  const files = sizes.map((length): LayoutFile => {
    const offset = total;
    total += length;
    return { length, offset, isPadding: false };
  });
  return { files, total };
}

describe('bencode', () => {
  test('what was encoded comes back', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const encoded = encode(value);
        const decoded = decode(encoded);
        expect(toPlain(decoded)).toEqual(sameShape(value));
        expect(encode(decoded)).toEqual(encoded);
        if (decoded instanceof BencodeDict) expect(decoded.isCanonical).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('what is canonical has one encoding, and it is the one that was read', () => {
    fc.assert(
      fc.property(almostBencode, (input) => {
        let decoded;
        try {
          decoded = decodePrefix(input);
        } catch (error) {
          expect(error).toBeInstanceOf(BencodeError);
          expect((error as BencodeError).detail.offset).toBeLessThanOrEqual(input.length);
          return;
        }
        const again = encode(decoded.value);
        expect(again.length).toBe(decoded.end);
        if (!(decoded.value instanceof BencodeDict) || decoded.value.isCanonical) {
          if (!Array.isArray(decoded.value)) expect(again).toEqual(new Uint8Array(input.subarray(0, decoded.end)));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('each span holds the encoding of its value', () => {
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 20 }), (value) => {
        const encoded = encode(value);
        const decoded = decode(encoded) as BencodeDict;
        for (const [name, item] of decoded.entries()) {
          const span = decoded.span(name);
          expect(encoded.slice(span?.start, span?.end)).toEqual(encode(item));
        }
      }),
    );
  });

  test('a value cut short is an error', () => {
    fc.assert(
      fc.property(tree, fc.nat(), (value, cut) => {
        const encoded = encode(value);
        expect(() => decode(encoded.subarray(0, cut % encoded.length))).toThrow(BencodeError);
      }),
    );
  });
});

describe('torrent files', () => {
  test('a damaged one gives a sound Metainfo or a MetainfoError', () => {
    let sound = 0;
    fc.assert(
      fc.property(mutated, (input) => {
        let metainfo;
        try {
          const isMeant = isTorrentFile(input);
          metainfo = parseTorrentFile(input);
          expect(isMeant).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(MetainfoError);
          expect((error as MetainfoError).detail.path).toMatch(/^(?:torrent|info|announce|announce-list|url-list)/);
          return;
        }
        sound++;
        const { geometry, files, pieceHashes } = metainfo;
        expect(pieceHashes.length).toBe(geometry.pieceCount * 20);
        expect(files.reduce((sum, file) => sum + file.length, 0)).toBe(geometry.totalLength);
        for (const file of files) {
          for (const part of file.path) {
            expect(part).not.toMatch(/^\.{0,2}$|[/\\\0]|^\.effusion/i);
            expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
          }
        }
      }),
      { numRuns: 3000 },
    );
    expect(sound).toBeGreaterThan(0);
  });

  test('no two files, and no file and part, share a name', () => {
    const name = fc.constantFrom(
      'a',
      'a.part',
      'A.part',
      'a.part.part',
      'b',
      'b.part',
      'x'.repeat(251),
      `${'x'.repeat(251)}.part`,
    );
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), (names) => {
        const files = names.map((path) => ({ path: ['t', path], length: 1, offset: 0, isPadding: false }));
        const metainfo = { files, infoHash: { v1: new Uint8Array(20) } };
        const all = [...files.map((file) => file.path), ...files.map((_, index) => partName(metainfo, index))];
        expect(new Set(all.map((path) => path.join('/'))).size).toBe(all.length);
        for (const path of all) expect(Buffer.byteLength(path[1])).toBeLessThanOrEqual(256);
      }),
    );
  });
});

describe('layout', () => {
  test('slices are the range, once, in order, within their files', () => {
    fc.assert(
      fc.property(lengths, fc.nat(), fc.nat(), (sizes, from, count) => {
        const { files, total } = layOut(sizes);
        const offset = from % (total + 1);
        const length = count % (total - offset + 1);
        let next = 0;
        for (const slice of new FileLayout(files).slices(offset, length)) {
          expect(slice.offset).toBe(next);
          expect(slice.length).toBeGreaterThan(0);
          expect(files[slice.file].offset + slice.fileOffset).toBe(offset + next);
          expect(slice.fileOffset + slice.length).toBeLessThanOrEqual(files[slice.file].length);
          next += slice.length;
        }
        expect(next).toBe(length);
      }),
      { numRuns: 1000 },
    );
  });

  test('a file lies in exactly the pieces that have slices of it', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 40 }), (sizes, pieceLength) => {
        const { files, total } = layOut(sizes);
        const layout = new FileLayout(files);
        const geometry = new Geometry(total, pieceLength);
        for (const index of files.keys()) {
          const touching = [...geometry.pieces()].filter((piece) =>
            layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece)).some((slice) => slice.file === index),
          );
          const pieces = layout.piecesOf(index, geometry);
          expect(pieces).toEqual(touching.length === 0 ? null : { first: touching[0], last: touching.at(-1) });
        }
      }),
    );
  });
});
