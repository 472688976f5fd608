// The torrents of fixtures/torrents as data: what is in them and how their bytes are made. Payload comes from a seeded
// generator instead of being committed. make-fixtures.ts writes them; a test checks that what is committed is what this says.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Encodable } from '../../src/bencode/encode.js';
import { encode } from '../../src/bencode/encode.js';
import { createRandom } from '../../src/model/random.js';

export interface FixtureFile {
  /** Below the output folder, the torrent's name first. */
  readonly path: readonly string[];
  readonly bytes: Uint8Array;
  readonly isPadding?: boolean;
}

export interface TorrentFixture {
  /** The file's name in fixtures/torrents. */
  readonly name: string;
  readonly files: readonly FixtureFile[];
  /** Null: made once by another program, see fixtures/README.md. */
  readonly torrent: Uint8Array | null;
}

const KIB = 1024;

/** The same `length` bytes for the same seed. */
export function fixturePayload(seed: number, length: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length }, () => random.below(256));
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** SHA-1 of each piece by node:crypto itself, so that the fixtures don't rest on the code they test. */
function hashPieces(files: readonly FixtureFile[], pieceLength: number): Uint8Array {
  const all = Buffer.concat(files.map((file) => file.bytes));
  const hashes: Uint8Array[] = [];
  for (let at = 0; at < all.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(all.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  return Buffer.concat(hashes);
}

function singleInfo(file: FixtureFile, pieceLength: number): Record<string, Encodable> {
  return {
    length: file.bytes.length,
    name: file.path[0],
    'piece length': pieceLength,
    pieces: hashPieces([file], pieceLength),
  };
}

function multiInfo(files: readonly FixtureFile[], pieceLength: number, attr?: string): Record<string, Encodable> {
  return {
    files: files.map((file) => ({
      attr: file.isPadding === true ? attr : undefined,
      length: file.bytes.length,
      path: file.path.slice(1),
    })),
    name: files[0].path[0],
    'piece length': pieceLength,
    pieces: hashPieces(files, pieceLength),
  };
}

function single(name: string, seed: number, length: number, pieceLength: number): TorrentFixture {
  const file = { path: [`${name}.bin`], bytes: fixturePayload(seed, length) };
  return { name: `${name}.torrent`, files: [file], torrent: encode({ info: singleInfo(file, pieceLength) }) };
}

function hello(): TorrentFixture {
  const file = { path: ['hello.txt'], bytes: text('Hello world!\n') };
  const info = { ...singleInfo(file, 32 * KIB), private: 0 };
  const torrent = encode({ announce: 'http://localhost:6969/announce', encoding: 'UTF-8', info });
  return { name: 'hello.txt.torrent', files: [file], torrent };
}

function helloWorld(): TorrentFixture {
  const files = [
    { path: ['hello_world', 'hello.txt'], bytes: text('Hello\n') },
    { path: ['hello_world', 'world.txt'], bytes: text('world!\n') },
  ];
  const info = { ...multiInfo(files, 32 * KIB), private: 0 };
  const torrent = encode({ announce: 'http://localhost:6969/announce', encoding: 'UTF-8', info });
  return { name: 'hello_world.torrent', files, torrent };
}

function multiFile(): TorrentFixture {
  const files = [
    { path: ['multi-file', 'a.bin'], bytes: fixturePayload(21, 10_000) },
    { path: ['multi-file', 'empty.txt'], bytes: new Uint8Array(0) },
    { path: ['multi-file', 'sub', 'b.bin'], bytes: fixturePayload(22, 40_000) },
    { path: ['multi-file', 'sub', 'deeper', 'c.bin'], bytes: fixturePayload(23, 1) },
    { path: ['multi-file', 'übermaß.txt'], bytes: text('Grüße\n') },
    { path: ['multi-file', 'z.bin'], bytes: fixturePayload(24, 70_000) },
  ];
  const torrent = encode({
    announce: 'http://127.0.0.1:6969/announce',
    'announce-list': [
      ['http://127.0.0.1:6969/announce', 'http://[::1]:6969/announce'],
      ['udp://127.0.0.1:6970', 'https://tracker.invalid/announce?key=1'],
    ],
    comment: 'several files, one of them empty',
    'created by': 'effusion fixtures',
    'creation date': 1_500_000_000,
    info: multiInfo(files, 32 * KIB),
    nodes: [['127.0.0.1', 6881]],
    'url-list': ['http://127.0.0.1:8080/files/'],
  });
  return { name: 'multi-file.torrent', files, torrent };
}

/** Keys of the info dictionary in the wrong order: only the digest of the raw bytes is the info hash. */
function unsortedInfo(): TorrentFixture {
  const file = { path: ['unsorted.bin'], bytes: fixturePayload(31, 20_000) };
  const info = singleInfo(file, 16 * KIB);
  const entry = (key: string): Uint8Array => Buffer.concat([encode(key), encode(info[key])]);
  const body = ['pieces', 'name', 'piece length', 'length'].map(entry);
  const torrent = Buffer.concat([text('d4:infod'), ...body, text('ee')]);
  return { name: 'unsorted-info.torrent', files: [file], torrent };
}

function padded(name: string, path: (index: number, length: number) => string[], attr?: string): TorrentFixture {
  const folder = name.replace('.torrent', '');
  const contents = [fixturePayload(41, 10_000), fixturePayload(42, 20_000), fixturePayload(43, 5000)];
  const files = contents.flatMap((bytes, index): FixtureFile[] => {
    const file = { path: [folder, `${index}.bin`], bytes };
    const gap = (16 * KIB - (bytes.length % (16 * KIB))) % (16 * KIB);
    if (index === contents.length - 1) return [file];
    return [file, { path: [folder, ...path(index, gap)], bytes: new Uint8Array(gap), isPadding: true }];
  });
  return { name, files, torrent: encode({ info: multiInfo(files, 16 * KIB, attr) }) };
}

/** What libtorrent made hybrid.torrent and v2-only.torrent of. */
function byLibtorrent(name: string): TorrentFixture {
  const files = [
    { path: ['v2-content', 'first.bin'], bytes: fixturePayload(51, 20_000) },
    { path: ['v2-content', 'second.bin'], bytes: fixturePayload(52, 33_000) },
  ];
  return { name, files, torrent: null };
}

export const TORRENT_FIXTURES: readonly TorrentFixture[] = [
  hello(),
  helloWorld(),
  single('single-file', 11, 100_000, 32 * KIB),
  single('smaller-than-piece', 12, 5000, 16 * KIB),
  single('exact-multiple', 13, 48 * KIB, 16 * KIB),
  single('odd-piece-length', 14, 50_000, 20_000),
  single('empty-file', 15, 0, 16 * KIB),
  multiFile(),
  unsortedInfo(),
  padded('padding.torrent', (_, length) => ['.pad', String(length)], 'p'),
  padded('legacy-padding.torrent', (index) => [`_____padding_file_${index}_____`]),
  byLibtorrent('hybrid.torrent'),
  byLibtorrent('v2-only.torrent'),
];

export const TORRENTS_FOLDER = new URL('../../fixtures/torrents/', import.meta.url);

/** The committed bytes of a fixture, as a plain Uint8Array. */
export function readTorrentFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, TORRENTS_FOLDER)));
}

/** What a fixture contains. */
export function torrentFixture(name: string): TorrentFixture {
  const fixture = TORRENT_FIXTURES.find((candidate) => candidate.name === name);
  if (fixture === undefined) throw new Error(`there is no fixture ${name}`);
  return fixture;
}
