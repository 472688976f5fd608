// A file of a torrent read from the raw bytes is the one that decoding its entry gives; what is read otherwise is left to the decoder.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BencodeDict } from '../../src/bencode/bencode-dict.js';
import { decode } from '../../src/bencode/decode.js';
import { encode, Encoded } from '../../src/bencode/encode.js';
import type { Encodable } from '../../src/bencode/encode.js';
import { BencodeScanner } from '../../src/bencode/scan.js';
import { FileEntries, LEGACY_PADDING, ODD } from '../../src/metainfo/file-entries.js';
import { decodeText, decodeUtf8 } from '../../src/metainfo/fields.js';

/** Bytes of an entry that is read wherever it lies. */
const LONGEST_PLAIN = 4096;

const name = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => Buffer.from(text)),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(Buffer.from(`${LEGACY_PADDING}0_x`), Buffer.from('_'), Buffer.from('..')),
);
const path = fc.array(name, { minLength: 1, maxLength: 4 });
const length = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));

/** An entry as torrents have them, with fields of others beside ours. */
const plain = fc.record(
  {
    length,
    path,
    'path.utf-8': path.map((parts) => parts.map((part) => Buffer.from(part.toString('latin1')))),
    attr: fc.constantFrom(Buffer.from('p'), Buffer.from('lx'), Buffer.from('x'.repeat(40)), Buffer.from([0xff])),
    md5sum: fc.constant(Buffer.alloc(32, 'a')),
    mtime: fc.nat(),
    zzz: fc.constant(Buffer.from('e')),
  },
  { requiredKeys: ['length', 'path'] },
);

/** And as nobody makes them: fields of any kind, in any order, some twice. */
const anyField = fc.tuple(
  fc.constantFrom('length', 'path', 'path.utf-8', 'attr', 'other', ''),
  fc.oneof(
    length,
    fc.bigInt(-(2n ** 63n), 2n ** 63n),
    name,
    path,
    fc.constant([]),
    fc.constant([[Buffer.from('a')]]),
    fc.constant({ a: 1 }),
  ),
);
const odd = fc.array(anyField, { maxLength: 6 }).map((fields) => {
  const parts = fields.flatMap(([key, value]) => [encode(Buffer.from(key)), encode(value as Encodable)]);
  return new Encoded(Buffer.concat([Buffer.from('d'), ...parts, Buffer.from('e')]));
});

interface Read {
  readonly length: number;
  readonly attributes: string;
  readonly isLegacyPadding: boolean;
  readonly components: readonly string[];
}

/** As from the middle of a torrent of which only a copy of that part is kept. */
function readAll(list: Uint8Array): (Read | null)[] {
  const torrent = Buffer.concat([Buffer.from('d1:x4:abcd5:files'), list, Buffer.from('e')]);
  const scanner = new BencodeScanner(torrent, { maxDepth: 64, maxNodes: 1_000_000 });
  while (scanner.next() !== 'list');
  const entries = new FileEntries(scanner, torrent);
  expect(scanner.next()).toBe('end');
  expect(scanner.position).toBe(torrent.length);
  entries.attach(new Uint8Array(torrent.subarray(12)), 12);
  return entries.lengths.map((size, index) =>
    size === ODD
      ? null
      : {
          length: size,
          attributes: entries.attributes.get(index) ?? '',
          isLegacyPadding: entries.legacyPadding.has(index),
          components: [...entries.folders[index], entries.names[index]],
        },
  );
}

/** What the decoded entry says; null where it says nothing that a file could be made of. */
function judge(entry: unknown): Read | null {
  if (!(entry instanceof BencodeDict)) return null;
  const texts = (key: string, read: (bytes: Uint8Array) => string | null): string[] | null => {
    const parts = entry.get(key);
    if (!Array.isArray(parts) || parts.length === 0) return null;
    const found = parts.map((part) => (part instanceof Uint8Array ? read(part) : null));
    return found.every((text) => text !== null) ? found : null;
  };
  const [own, twin] = [texts('path', decodeText), texts('path.utf-8', decodeUtf8)];
  const [size, attr] = [entry.get('length'), entry.get('attr')];
  const components = twin ?? own;
  if (components === null || typeof size !== 'number' || size < 0) return null;
  return {
    length: size,
    attributes: attr instanceof Uint8Array ? decodeText(attr.subarray(0, 16)) : '',
    isLegacyPadding: own?.at(-1)?.startsWith(LEGACY_PADDING) === true,
    components,
  };
}

/** All that torrents have is read so; numbers near 2^53, fields of others and what is very long may be left to the decoder. */
function expectReadAsDecoded(entries: readonly (Encodable & object & { readonly length: number })[]): void {
  const list = encode(entries);
  const read = readAll(list);
  expect(read).toHaveLength(entries.length);
  for (const [index, entry] of (decode(list) as unknown[]).entries()) {
    const found = read[index];
    if (found !== null) expect(found).toEqual(judge(entry));
    else expect(isLeft(entries[index]) || encode(entries[index]).length > LONGEST_PLAIN).toBe(true);
  }
}

test('what torrents have is read as decoding reads it', () => {
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), (entries) => expectReadAsDecoded(entries)),
    { numRuns: 300 },
  );
});

test('a list longer than what is looked at at a time is read as decoding reads it', () => {
  fc.assert(
    fc.property(fc.array(plain, { maxLength: 4 }), fc.nat({ max: 5000 }), (entries, bytes) => {
      const long = { length: 1, path: [Buffer.from('folder'), Buffer.alloc(bytes, 'n')] };
      expectReadAsDecoded(Array.from({ length: 30 }, () => [...entries, long, { ...long, length: 2 }]).flat());
    }),
    { numRuns: 60 },
  );
});

function isLeft(entry: object & { readonly length: number }): boolean {
  return entry.length >= 1e15 || Object.keys(entry).some((key) => !['attr', 'length', 'path', 'path.utf-8'].includes(key));
}

test('what is odd is read as decoding reads it, or left to the decoder', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(odd, plain, length, name), { maxLength: 5 }), (entries) => {
      const list = encode(entries);
      let decoded: unknown[] | null = null;
      try {
        decoded = decode(list) as unknown[];
      } catch {
        // A key twice: the decoder says so, and the reader must not have taken the entry.
      }
      const read = readAll(list);
      expect(read).toHaveLength(entries.length);
      if (decoded === null) expect(read).toContain(null);
      for (const [index, found] of read.entries())
        if (found !== null && decoded !== null) expect(found).toEqual(judge(decoded[index]));
    }),
    { numRuns: 500 },
  );
});

test('what is no entry has its place among them', () => {
  const list = encode([
    { length: 1, path: [Buffer.from('a')] },
    { x: [{ y: 1 }] },
    7,
    [[]],
    { length: 2, path: [Buffer.from('b')] },
  ]);
  expect(readAll(list).map((entry) => entry?.length ?? null)).toEqual([1, null, null, null, 2]);
});
