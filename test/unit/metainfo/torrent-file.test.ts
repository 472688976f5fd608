// The fixtures against what libtorrent reads in them, and every field with a value that must be refused.

import { describe, expect, test } from 'vitest';
import { encode, Encoded } from '../../../src/bencode/encode.js';
import type { Encodable } from '../../../src/bencode/encode.js';
import { sha1 } from '../../../src/hash/digest.js';
import { parseInfoBytes } from '../../../src/metainfo/info-dict.js';
import { hashOf } from '../../../src/metainfo/piece-hashes.js';
import { parseTorrentFile } from '../../../src/metainfo/torrent-file.js';
import { MetainfoError } from '../../../src/model/error.js';
import { toHex } from '../../../src/model/ids.js';
import { readTorrentFixture, TORRENT_FIXTURES, torrentFixture } from '../../support/torrent-fixtures.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

type Fields = { [key: string]: Encodable | undefined };

const GOOD_INFO: Fields = { name: 'file', length: 20_000, 'piece length': 16_384, pieces: new Uint8Array(40) };
const GOOD_FILES: Fields = { name: 'folder', 'piece length': 16_384, pieces: new Uint8Array(20) };

function torrentOf(info: Fields, root: Fields = {}): Uint8Array {
  return encode({ ...root, info });
}

function filesInfo(...files: Encodable[]): Fields {
  return { ...GOOD_FILES, files };
}

function errorOf(bytes: Uint8Array, limits = {}): MetainfoError {
  try {
    parseTorrentFile(bytes, limits);
  } catch (error) {
    if (error instanceof MetainfoError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('fixtures', () => {
  test.each(TORRENT_FIXTURES.filter(({ torrent }) => torrent !== null))('$name is what the table says', ({ name, torrent }) => {
    expect(readTorrentFixture(name)).toEqual(new Uint8Array(torrent ?? []));
  });

  test.each([
    ['hello.txt', 'e81f51123ef7dbe7bd1ea65c8603f3520d2abc79', 13, 1],
    ['hello_world', '2af633c618e64c9ea3972789f5764fbea6f42d40', 13, 1],
    ['single-file', '13d1400820a75632c5c04e727ba9b09e90169c87', 100_000, 4],
    ['smaller-than-piece', '742800d206e7539ad26538c6cbd57e72ca8b154f', 5000, 1],
    ['exact-multiple', '99c80edb7b9d089ff5260fa916af95c95bb2f685', 49_152, 3],
    ['odd-piece-length', 'c3c2762282915fdc46921dfa1f1c2a05e1d35c8c', 50_000, 3],
    ['multi-file', '6c807251f0f8d91ffa044618e62e8c084395f209', 120_009, 4],
    ['unsorted-info', '4c0dfc605472d603dc87880059771ad4583aad73', 20_000, 2],
    ['padding', 'e401372cddd21a275ed36a3f7ae25c30587694cb', 54_152, 4],
    ['legacy-padding', '242fac6546200d12c6634a1f07d8a234ab111bb6', 54_152, 4],
    ['hybrid', '5623eedc48962a607c06341521f5e1cb297cdcdd', 81_920, 5],
  ])('%s', (name, infoHash, totalLength, pieceCount) => {
    const metainfo = parseTorrentFile(readTorrentFixture(`${name}.torrent`));
    expect(toHex(metainfo.infoHash.v1 ?? new Uint8Array(0))).toBe(infoHash);
    expect(sha1(metainfo.infoBytes)).toEqual(metainfo.infoHash.v1);
    expect(metainfo.geometry).toMatchObject({ totalLength, pieceCount });
    expect(metainfo.isCanonical).toBe(name !== 'unsorted-info');
  });

  test.each(TORRENT_FIXTURES.filter(({ name }) => name !== 'v2-only.torrent'))('$name names its files and pieces', ({ name }) => {
    const metainfo = parseTorrentFile(readTorrentFixture(name));
    const files = torrentFixture(name).files.filter((file) => file.isPadding !== true);
    const real = metainfo.files.filter((file) => !file.isPadding);
    expect(real.map((file) => file.path)).toEqual(files.map((file) => file.path));
    expect(real.map((file) => file.length)).toEqual(files.map((file) => file.bytes.length));
    const all = new Uint8Array(metainfo.geometry.totalLength);
    for (const [index, file] of real.entries()) all.set(files[index].bytes, file.offset);
    for (const piece of metainfo.geometry.pieces()) {
      const start = metainfo.geometry.pieceOffset(piece);
      const bytes = all.subarray(start, start + metainfo.geometry.pieceLength(piece));
      expect(toHex(hashOf(metainfo.pieceHashes, piece))).toBe(toHex(sha1(bytes)));
    }
  });

  test('multi-file.torrent has everything else too', () => {
    const metainfo = parseTorrentFile(readTorrentFixture('multi-file.torrent'));
    expect(metainfo).toMatchObject({
      name: 'multi-file',
      isSingleFile: false,
      isPrivate: false,
      isHybrid: false,
      announceTiers: [
        ['http://127.0.0.1:6969/announce', 'http://[::1]:6969/announce'],
        ['udp://127.0.0.1:6970', 'https://tracker.invalid/announce?key=1'],
      ],
      webSeeds: ['http://127.0.0.1:8080/files/'],
      nodes: [{ host: '127.0.0.1', port: 6881 }],
      comment: 'several files, one of them empty',
      createdBy: 'effusion fixtures',
      creationDate: 1_500_000_000,
    });
  });

  test('a hybrid is read by its v1 half and keeps both hashes', () => {
    const metainfo = parseTorrentFile(readTorrentFixture('hybrid.torrent'));
    expect(metainfo.isHybrid).toBe(true);
    expect(toHex(metainfo.infoHash.v2 ?? new Uint8Array(0))).toBe(
      '161afa6aeae7b638785869a55a92335e5af2da6f320df9ba0511dcf2e28e9d37',
    );
    expect(metainfo.files.filter((file) => file.isPadding).map((file) => file.length)).toEqual([12_768, 16_152]);
  });

  test('v2 alone is refused, and said so', () => {
    const error = errorOf(readTorrentFixture('v2-only.torrent'));
    expect(error.code).toBe('invalid_metainfo');
    expect(error.message).toMatch(/v2-only torrents are not yet supported/);
  });

  test('the tiny torrent of the original system', () => {
    const pieces = Buffer.from('f269197686c56c43a35254d877a71994c0b570309063a9f0e032b6239403b719cbbba56ac4e4e45f', 'hex');
    const info = { length: 5, name: 'tiny.txt', 'piece length': 3, pieces };
    const v1 = (fields: Fields): string => toHex(parseTorrentFile(torrentOf(fields)).infoHash.v1 ?? new Uint8Array(0));
    expect(v1({ ...info, private: 0 })).toBe('b8bdc962f607b9678b29724ff73b1c3b5dcb4cab');
    expect(v1(info)).toBe('6169f3ae949ad3dc44a70ee8f9c75ab6e3ebaaf8');
  });
});

describe('what is accepted', () => {
  test('only the info dictionary, as peers send it', () => {
    const whole = parseTorrentFile(readTorrentFixture('multi-file.torrent'));
    expect(parseInfoBytes(whole.infoBytes)).toEqual({
      infoHash: whole.infoHash,
      infoBytes: whole.infoBytes,
      name: whole.name,
      files: whole.files,
      isSingleFile: false,
      geometry: whole.geometry,
      pieceHashes: whole.pieceHashes,
      isPrivate: false,
      isHybrid: false,
      isCanonical: true,
    });
  });

  test('the file may be overwritten afterwards', () => {
    const bytes = Buffer.from(readTorrentFixture('single-file.torrent'));
    const metainfo = parseTorrentFile(bytes);
    bytes.fill(0);
    expect(sha1(metainfo.infoBytes)).toEqual(metainfo.infoHash.v1);
    expect(metainfo.pieceHashes).toEqual(parseTorrentFile(readTorrentFixture('single-file.torrent')).pieceHashes);
  });

  test('64 MiB pieces, one-byte pieces, unknown keys, huge integers elsewhere', () => {
    const big = { ...GOOD_INFO, length: 2 ** 40, 'piece length': 2 ** 26, pieces: new Uint8Array(20 * 2 ** 14) };
    expect(parseTorrentFile(torrentOf(big)).geometry.pieceCount).toBe(2 ** 14);
    const small = { ...GOOD_INFO, length: 3, 'piece length': 1, pieces: new Uint8Array(60) };
    expect(parseTorrentFile(torrentOf(small)).geometry.pieceCount).toBe(3);
    expect(parseTorrentFile(torrentOf({ ...GOOD_INFO, collections: ['x'] }, { mtime: 2n ** 63n })).name).toBe('file');
  });

  test.each([
    [1, true],
    [2, true],
    [0, false],
    [undefined, false],
  ])('private %s', (value, isPrivate) => {
    expect(parseTorrentFile(torrentOf({ ...GOOD_INFO, private: value })).isPrivate).toBe(isPrivate);
  });

  test('trackers: announce alone, flat lists, empty and repeated ones', () => {
    const tiers = (root: Fields): unknown => parseTorrentFile(torrentOf(GOOD_INFO, root)).announceTiers;
    expect(tiers({})).toEqual([]);
    expect(tiers({ announce: 'http://a' })).toEqual([['http://a']]);
    expect(tiers({ announce: '' })).toEqual([]);
    expect(tiers({ announce: 'http://a', 'announce-list': [] })).toEqual([['http://a']]);
    expect(tiers({ announce: 'http://a', 'announce-list': [['']] })).toEqual([['http://a']]);
    expect(tiers({ announce: 'http://a', 'announce-list': [['http://b', 'http://c'], ['http://b'], ['udp://d']] })).toEqual([
      ['http://b', 'http://c'],
      ['udp://d'],
    ]);
    expect(tiers({ 'announce-list': ['http://a', 'http://b'] })).toEqual([['http://a'], ['http://b']]);
  });

  test('web seeds: one, several, none', () => {
    const seeds = (value: Encodable): unknown => parseTorrentFile(torrentOf(GOOD_INFO, { 'url-list': value })).webSeeds;
    expect(seeds('http://a')).toEqual(['http://a']);
    expect(seeds(['http://a', '', 'http://b', 'http://a'])).toEqual(['http://a', 'http://b']);
    expect(seeds('')).toEqual([]);
  });

  test('what only describes is left out when it is nonsense', () => {
    const root = {
      comment: 5,
      'created by': [],
      'creation date': 'yesterday',
      encoding: {},
      nodes: [['h'], 3, ['', 1], ['h', 0]],
    };
    const metainfo = parseTorrentFile(torrentOf(GOOD_INFO, root));
    expect(metainfo.nodes).toEqual([]);
    for (const key of ['comment', 'createdBy', 'creationDate', 'encoding']) expect(metainfo).not.toHaveProperty(key);
  });

  test('UTF-8 twins win where they are valid', () => {
    const name = (fields: Fields): string => parseTorrentFile(torrentOf({ ...GOOD_INFO, ...fields })).name;
    expect(name({ name: 'plain', 'name.utf-8': 'größer' })).toBe('größer');
    expect(name({ name: 'plain', 'name.utf-8': Uint8Array.of(0xff) })).toBe('plain');
    expect(name({ name: Uint8Array.of(0x61, 0xff, 0xe9) })).toBe('aÿé');
    const twin = { length: 5, path: ['x'], 'path.utf-8': ['ordner', 'ü'] };
    expect(parseTorrentFile(torrentOf(filesInfo(twin))).files[0].path).toEqual(['folder', 'ordner', 'ü']);
    const broken = { length: 5, path: ['x'], 'path.utf-8': ['ordner', 7] };
    expect(parseTorrentFile(torrentOf(filesInfo(broken))).files[0].path).toEqual(['folder', 'x']);
  });

  test('fields of a file may be out of order, which is told', () => {
    const file = { length: 1, path: ['a'] };
    const unsorted = filesInfo(file, new Encoded(text('d4:pathl1:be6:lengthi2ee')));
    const { files, isCanonical } = parseTorrentFile(torrentOf(unsorted));
    expect([files[1].path, files[1].length, isCanonical]).toEqual([['folder', 'b'], 2, false]);
    expect(parseTorrentFile(torrentOf(filesInfo(file, { length: 2, path: ['b'] }))).isCanonical).toBe(true);
  });

  test('padding may share names, even bad ones; links are not made', () => {
    const info = filesInfo(
      { length: 10, path: ['a'] },
      { attr: 'p', length: 5, path: ['.pad', '..'] },
      { attr: 'l', length: 0, path: ['link'], 'symlink path': ['..', '..', 'etc'] },
      { attr: 'p', length: 5, path: ['.pad', '..'] },
      { attr: 'x', length: 10, path: ['b'] },
    );
    const { files } = parseTorrentFile(torrentOf(info));
    expect(files.map((file) => [file.isPadding, file.offset, file.attributes])).toEqual([
      [false, 0, undefined],
      [true, 10, 'p'],
      [true, 15, 'l'],
      [true, 15, 'p'],
      [false, 20, 'x'],
    ]);
  });
});

describe('what is refused, by the name of the field', () => {
  const without = (key: string): Fields => ({ ...GOOD_INFO, [key]: undefined });
  const file = (fields: Fields): Fields => filesInfo({ length: 1, path: ['ok'] }, { length: 2, path: ['x'], ...fields });
  test.each<[string, Uint8Array, RegExp]>([
    ['torrent', text(''), /bencode at byte 0/],
    ['torrent', text('not a torrent'), /bencode/],
    ['torrent', text('le'), /expected a dictionary, found a list/],
    ['torrent', Buffer.concat([torrentOf(GOOD_INFO), text('\n')]), /after the end/],
    ['info', encode({}), /found nothing/],
    ['info', encode({ info: 'x' }), /found a string of 1 bytes/],
    ['info.name', torrentOf(without('name')), /expected a string, found nothing/],
    ['info.name', torrentOf({ ...GOOD_INFO, name: '' }), /empty/],
    ['info.name', torrentOf({ ...GOOD_INFO, name: '..' }), /"\.\."/],
    ['info.name', torrentOf({ ...GOOD_INFO, name: '/etc/passwd' }), /slash/],
    ['info.name', torrentOf({ ...GOOD_INFO, name: '.effusion-x' }), /reserved/],
    ['info.name', torrentOf({ ...GOOD_INFO, 'name.utf-8': '../x' }), /slash/],
    ['info.piece length', torrentOf(without('piece length')), /found nothing/],
    ['info.piece length', torrentOf({ ...GOOD_INFO, 'piece length': 0 }), /found the integer 0/],
    ['info.piece length', torrentOf({ ...GOOD_INFO, 'piece length': -16_384 }), /from 1/],
    ['info.piece length', torrentOf({ ...GOOD_INFO, 'piece length': 2 ** 40 }), /to 268435456/],
    ['info.piece length', torrentOf({ ...GOOD_INFO, 'piece length': '16384' }), /found a string/],
    ['info', torrentOf(without('length')), /neither/],
    ['info', torrentOf({ ...GOOD_INFO, files: [] }), /both/],
    ['info.length', torrentOf({ ...GOOD_INFO, length: -1 }), /at least 0, found the integer -1/],
    ['info.length', torrentOf({ ...GOOD_INFO, length: 2n ** 60n }), /beyond 2\^53/],
    ['info.pieces', torrentOf(without('pieces')), /found nothing/],
    ['info.pieces', torrentOf({ ...GOOD_INFO, pieces: new Uint8Array(39) }), /multiple of 20/],
    ['info.pieces', torrentOf({ ...GOOD_INFO, pieces: new Uint8Array(20) }), /expected 2 hashes .* found 1/],
    ['info.pieces', torrentOf({ ...GOOD_INFO, pieces: new Uint8Array(60) }), /expected 2 hashes .* found 3/],
    ['info.pieces', torrentOf({ ...GOOD_INFO, pieces: [] }), /found a list/],
    ['info.private', torrentOf({ ...GOOD_INFO, private: '1' }), /expected an integer/],
    ['info.files', torrentOf(filesInfo()), /empty list/],
    ['info.files', torrentOf({ ...GOOD_FILES, files: {} }), /expected a list/],
    ['info.files[1]', torrentOf(filesInfo({ length: 1, path: ['a'] }, 5)), /the integer 5/],
    ['info.files[1].length', torrentOf(file({ length: undefined })), /found nothing/],
    ['info.files[1].length', torrentOf(file({ length: -5 })), /found the integer -5/],
    ['info.files[1].length', torrentOf(file({ length: Number.MAX_SAFE_INTEGER })), /sum/],
    ['info.files[1].length', torrentOf(file({ attr: 'l', length: 5 })), /symbolic link/],
    ['info.files[1].path', torrentOf(file({ path: undefined })), /expected a list/],
    ['info.files[1].path', torrentOf(file({ path: [] })), /empty list/],
    ['info.files[1].path', torrentOf(file({ path: 'x' })), /expected a list/],
    ['info.files[1].path[0]', torrentOf(file({ path: [5] })), /expected a string/],
    ['info.files[1].path[1]', torrentOf(file({ path: ['a', ''] })), /empty/],
    ['info.files[1].path[0]', torrentOf(file({ path: ['..', 'x'] })), /"\.\."/],
    ['info.files[1].path[1]', torrentOf(file({ path: ['a', '..'] })), /"\.\."/],
    ['info.files[1].path[0]', torrentOf(file({ path: ['.'] })), /"\."/],
    ['info.files[1].path[0]', torrentOf(file({ path: ['/etc'] })), /slash/],
    ['info.files[1].path[0]', torrentOf(file({ path: ['..\\x'] })), /backslash/],
    ['info.files[1].path[0]', torrentOf(file({ path: ['a\0b'] })), /zero byte/],
    ['info.files[1].path[0]', torrentOf(file({ path: ['.EFFUSION.lock'] })), /reserved/],
    ['info.files[1].path', torrentOf(file({ path: ['ok'] })), /same path/],
    ['info.files[1].path', torrentOf(file({ path: ['ok', 'below'] })), /folder/],
    ['info.files[1].path', torrentOf(file({ path: Array<string>(100).fill('a') })), /components/],
    ['info.files[1].path', torrentOf(file({ path: Array<string>(50).fill('a'.repeat(200)) })), /bytes/],
    ['announce', torrentOf(GOOD_INFO, { announce: 5 }), /expected a string/],
    ['announce', torrentOf(GOOD_INFO, { announce: Uint8Array.of(0xff) }), /UTF-8/],
    ['announce', torrentOf(GOOD_INFO, { announce: 'x'.repeat(20_000) }), /at most 16384/],
    ['announce-list', torrentOf(GOOD_INFO, { 'announce-list': 'x' }), /expected a list/],
    ['announce-list[0]', torrentOf(GOOD_INFO, { 'announce-list': [5] }), /expected a list/],
    ['announce-list[1][0]', torrentOf(GOOD_INFO, { 'announce-list': [['a'], [5]] }), /expected a string/],
    ['url-list', torrentOf(GOOD_INFO, { 'url-list': 5 }), /expected a list/],
    ['url-list[0]', torrentOf(GOOD_INFO, { 'url-list': [5] }), /expected a string/],
  ])('%s (%#)', (path, bytes, message) => {
    const error = errorOf(bytes);
    expect(error.detail.path).toBe(path);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });

  test('a field of a file that comes twice', () => {
    const error = errorOf(
      torrentOf(filesInfo({ length: 1, path: ['a'] }, new Encoded(text('d6:lengthi1e4:pathl1:be6:lengthi2ee')))),
    );
    expect(error.message).toBe('info.files[1]: a key comes twice');
  });

  test('a file where there is a folder already', () => {
    const info = filesInfo({ length: 1, path: ['a', 'b'] }, { length: 1, path: ['a'] });
    expect(errorOf(torrentOf(info)).detail.path).toBe('info.files[1].path');
  });

  test('limits are arguments', () => {
    expect(errorOf(torrentOf(GOOD_INFO), { maxTorrentBytes: 10 }).message).toMatch(/at most 10 bytes/);
    expect(errorOf(torrentOf(GOOD_INFO), { maxPieceLength: 16_383 }).detail.path).toBe('info.piece length');
    expect(errorOf(torrentOf(GOOD_INFO), { maxNodes: 3 }).message).toMatch(/more than 3/);
    expect(errorOf(torrentOf(GOOD_INFO, { 'url-list': ['a', 'b'] }), { maxUrls: 1 }).detail.path).toBe('url-list');
  });
});
