// Laws of edit and magnet: whatever is changed around the info dictionary, its bytes and all unknown keys stay; a change that is made again
// changes nothing; a link comes back as it was.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BencodeDict } from '../../src/bencode/bencode-dict.js';
import { decode } from '../../src/bencode/decode.js';
import { encode, Encoded, type Encodable } from '../../src/bencode/encode.js';
import { formatMagnet } from '../../src/metainfo/magnet-format.js';
import { parseMagnet, type Magnet } from '../../src/metainfo/magnet.js';
import { editTorrent, type TorrentEdits } from '../../src/metainfo/torrent-edit.js';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { MetainfoError } from '../../src/model/error.js';
import { readTorrentFixture, TORRENT_FIXTURES } from '../support/torrent-fixtures.js';

const url = fc.constantFrom('http://a/x', 'http://a/y?k=1', 'udp://b:1', 'https://c/', 'http://ü/').map((one) => one);
const tiers = fc.array(fc.array(url, { maxLength: 3 }), { maxLength: 3 });
const glob = fc.constantFrom('*', 'http://a/*', 'udp://b:1', '', 'nothing');
const words = fc.option(fc.string({ unit: 'grapheme', maxLength: 8 }));

const outerEdits: fc.Arbitrary<TorrentEdits> = fc.record(
  {
    clearTrackers: fc.boolean(),
    trackers: tiers,
    replaceTrackers: fc.array(fc.record({ from: glob, to: url }), { maxLength: 2 }),
    removeTrackers: fc.array(glob, { maxLength: 2 }),
    addTrackers: tiers,
    addWebSeeds: fc.array(url, { maxLength: 3 }),
    removeWebSeeds: fc.array(glob, { maxLength: 2 }),
    comment: words,
    createdBy: words,
    creationDate: fc.option(fc.nat()),
  },
  { requiredKeys: [] },
);

/** Keys that nobody knows, some of them binary, with any values. */
const unknown = fc.dictionary(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }).map((key) => `~${key}`),
  fc.oneof(
    fc.integer(),
    fc.uint8Array({ maxLength: 9 }).map((bytes) => new Uint8Array(bytes)),
    fc.constant([1, { z: 1, a: 2 }]),
  ),
  { maxKeys: 5 },
);

const EDITED = new Set([
  'announce',
  'announce-list',
  'url-list',
  'comment',
  'comment.utf-8',
  'created by',
  'created by.utf-8',
  'creation date',
]);

/** The raw bytes of each entry that no edit is about, by their key. */
function untouched(bytes: Uint8Array): Record<string, string> {
  const root = decode(bytes) as BencodeDict;
  const entries: Record<string, string> = {};
  for (const key of root.keys()) {
    const span = root.span(key);
    if (!EDITED.has(key)) entries[`:${key}`] = Buffer.from(bytes.subarray(span?.start, span?.end)).toString('latin1');
  }
  return entries;
}

const torrents = fc
  .tuple(
    fc.constantFrom(...TORRENT_FIXTURES.map(({ name }) => name).filter((name) => name !== 'v2-only.torrent')),
    unknown,
    fc.record({ comment: fc.constant('c'), 'announce-list': tiers, announce: url }, { requiredKeys: [] }),
    fc.boolean(),
  )
  .map(([name, more, known, isReversed]) => {
    const fixture = readTorrentFixture(name);
    const root = decode(fixture) as BencodeDict;
    const fields: Record<string, Encodable> = { ...more, ...known };
    for (const key of root.keys()) {
      const span = root.span(key);
      fields[key] ??= new Encoded(fixture.subarray(span?.start, span?.end));
    }
    if (!isReversed) return encode(fields);
    // Out of order, as some programs write them.
    const parts = Object.entries(fields).map(([key, value]) => Buffer.concat([encode(key), encode(value)]));
    return new Uint8Array(Buffer.concat([Buffer.from('d'), ...parts.toReversed(), Buffer.from('e')]));
  });

test('any edit of outer keys keeps the info bytes and all unknown keys, and is sorted', () => {
  let changed = 0;
  fc.assert(
    fc.property(torrents, outerEdits, (bytes, edits) => {
      const before = parseTorrentFile(bytes);
      const edited = editTorrent(bytes, edits);
      expect(edited.metainfo.infoBytes).toEqual(before.infoBytes);
      expect(edited.metainfo.infoHash).toEqual(before.infoHash);
      expect(untouched(edited.bytes)).toEqual(untouched(bytes));
      if (edited.bytes === bytes) {
        expect(edited.changes).toEqual([]);
        return;
      }
      changed++;
      expect(edited.changes.length).toBeGreaterThan(0);
      const keys = [...(decode(edited.bytes) as BencodeDict).keys()];
      expect(keys).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(parseTorrentFile(edited.bytes)).toEqual(edited.metainfo);
    }),
    { numRuns: 500 },
  );
  expect(changed).toBeGreaterThan(100);
});

test('facts are what was asked for, and asking again changes nothing', () => {
  const facts = outerEdits.map(({ comment, createdBy, creationDate, trackers }) => ({
    ...(comment === undefined ? {} : { comment }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(creationDate === undefined ? {} : { creationDate }),
    ...(trackers === undefined ? {} : { trackers }),
  }));
  fc.assert(
    fc.property(torrents, facts, (bytes, edits) => {
      const { metainfo, bytes: once } = editTorrent(bytes, edits);
      if (edits.comment !== undefined) expect(metainfo.comment).toBe(edits.comment ?? undefined);
      if (edits.createdBy !== undefined) expect(metainfo.createdBy).toBe(edits.createdBy ?? undefined);
      if (edits.creationDate !== undefined) expect(metainfo.creationDate).toBe(edits.creationDate ?? undefined);
      if (edits.trackers !== undefined) {
        expect(metainfo.announceTiers.flat()).toEqual([...new Set(edits.trackers.flat())]);
      }
      expect(editTorrent(once, edits).bytes).toBe(once);
    }),
    { numRuns: 300 },
  );
});

test('edits of the info dictionary keep its other entries', () => {
  const inner = fc.record(
    { isPrivate: fc.boolean(), source: words, name: fc.constantFrom('x', 'übermaß', 'hello.txt') },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(torrents, inner, (bytes, edits) => {
      const { metainfo } = editTorrent(bytes, edits);
      const others = (info: Uint8Array): string[] => {
        const dict = decode(info) as BencodeDict;
        const kept = [...dict.keys()].filter((key) => !['private', 'source', 'name', 'name.utf-8'].includes(key));
        return kept.toSorted().map((key) => {
          const span = dict.span(key);
          return `${key}=${Buffer.from(info.subarray(span?.start, span?.end)).toString('latin1')}`;
        });
      };
      expect(others(metainfo.infoBytes)).toEqual(others(parseTorrentFile(bytes).infoBytes));
      if (edits.isPrivate !== undefined) expect(metainfo.isPrivate).toBe(edits.isPrivate);
      if (edits.name !== undefined) expect(metainfo.name).toBe(edits.name);
    }),
    { numRuns: 300 },
  );
});

test('garbage is an edited torrent or a MetainfoError', () => {
  const cut = fc.tuple(torrents, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
    const broken = new Uint8Array(bytes);
    broken[at % broken.length] = byte;
    return broken;
  });
  fc.assert(
    fc.property(fc.oneof(cut, fc.uint8Array({ maxLength: 40 })), outerEdits, (bytes, edits) => {
      try {
        expect(parseTorrentFile(editTorrent(bytes, edits).bytes)).toBeDefined();
      } catch (error) {
        expect(error).toBeInstanceOf(MetainfoError);
      }
    }),
    { numRuns: 500 },
  );
});

test('a magnet link comes back', () => {
  const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((value) => new Uint8Array(value));
  const port = fc.integer({ min: 1, max: 65_535 });
  const host = fc.constantFrom('192.0.2.1', '::1', '2001:db8::7', 'a.example');
  const webUrls = fc.uniqueArray(fc.webUrl({ withQueryParameters: true }), { maxLength: 4 });
  const selection = fc.array(fc.tuple(fc.nat(3), fc.nat(4)), { minLength: 1, maxLength: 5 }).map((steps) => {
    let at = -2;
    return steps.map(([gap, more]) => {
      const first = at + 2 + gap;
      at = first + more;
      return { first, last: at };
    });
  });
  const magnet = fc.record<Magnet, 'infoHash' | 'displayName' | 'trackers' | 'webSeeds' | 'peers' | 'sources' | 'selection'>(
    {
      infoHash: bytes(20),
      infoHashV2: bytes(32),
      displayName: fc.option(
        fc
          .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
          .map((text) => text.trim())
          .filter((text) => text !== ''),
      ),
      trackers: webUrls,
      webSeeds: webUrls,
      sources: webUrls,
      peers: fc.uniqueArray(fc.record({ host, port }), { maxLength: 4, selector: (peer) => `${peer.host} ${peer.port}` }),
      selection: fc.option(selection),
    },
    { requiredKeys: ['infoHash', 'displayName', 'trackers', 'webSeeds', 'peers', 'sources', 'selection'] },
  );
  fc.assert(
    fc.property(magnet, fc.option(fc.nat(), { nil: undefined }), (one, length) => {
      const link = formatMagnet({ ...one, ...(length === undefined ? {} : { length }) });
      expect(link).toMatch(/^magnet:\?[\u0021-\u007E]+$/);
      expect(parseMagnet(link)).toEqual(one);
    }),
    { numRuns: 500 },
  );
});
