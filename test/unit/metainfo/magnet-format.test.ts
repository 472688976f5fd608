// The link of a torrent: what stands in it, in which form, and that a hybrid torrent's has both hashes (BEP 9, 52, 53).

import { expect, test } from 'vitest';
import { formatMagnet, magnetOf } from '../../../src/metainfo/magnet-format.js';
import { parseMagnet } from '../../../src/metainfo/magnet.js';
import { parseTorrentFile } from '../../../src/metainfo/torrent-file.js';
import { toHex } from '../../../src/model/ids.js';
import { readTorrentFixture } from '../../support/torrent-fixtures.js';

test('every part', () => {
  const link = formatMagnet({
    infoHash: new Uint8Array(20).fill(0xab),
    infoHashV2: new Uint8Array(32).fill(0xcd),
    displayName: 'a b&é',
    length: 7,
    trackers: ['http://t.example/a?k=1', 'udp://u.example:80'],
    webSeeds: ['https://w.example/'],
    peers: [
      { host: '192.0.2.1', port: 6881 },
      { host: '2001:db8::1', port: 6882 },
    ],
    sources: ['http://s.example/x.torrent'],
    selection: [
      { first: 0, last: 0 },
      { first: 2, last: 4 },
    ],
  });
  expect(link.split('&')).toEqual([
    `magnet:?xt=urn:btih:${'ab'.repeat(20)}`,
    `xt=urn:btmh:1220${'cd'.repeat(32)}`,
    'dn=a%20b%26%C3%A9',
    'xl=7',
    'tr=http%3A%2F%2Ft.example%2Fa%3Fk%3D1',
    'tr=udp%3A%2F%2Fu.example%3A80',
    'ws=https%3A%2F%2Fw.example%2F',
    'xs=http%3A%2F%2Fs.example%2Fx.torrent',
    'x.pe=192.0.2.1:6881',
    'x.pe=[2001:db8::1]:6882',
    'so=0,2-4',
  ]);
});

test('of a torrent: all tiers, sizes without padding', () => {
  const link = parseMagnet(formatMagnet(magnetOf(parseTorrentFile(readTorrentFixture('multi-file.torrent')))));
  expect(link).toMatchObject({
    displayName: 'multi-file',
    trackers: [
      'http://127.0.0.1:6969/announce',
      'http://[::1]:6969/announce',
      'udp://127.0.0.1:6970',
      'https://tracker.invalid/announce?key=1',
    ],
    webSeeds: ['http://127.0.0.1:8080/files/'],
    selection: null,
  });
  expect(formatMagnet(magnetOf(parseTorrentFile(readTorrentFixture('padding.torrent'))))).toContain('&xl=35000');
});

test('both hashes of a hybrid torrent, and back', () => {
  const metainfo = parseTorrentFile(readTorrentFixture('hybrid.torrent'));
  const back = parseMagnet(formatMagnet(magnetOf(metainfo)));
  expect(toHex(back.infoHash)).toBe(toHex(metainfo.infoHash.v1 as Uint8Array));
  expect(toHex(back.infoHashV2 as Uint8Array)).toBe(toHex(metainfo.infoHash.v2 as Uint8Array));
});

test('a v2 hash that is none is as good as none', () => {
  const xt = `xt=urn:btih:${'ab'.repeat(20)}`;
  for (const topic of ['1220ab', `1114${'ab'.repeat(32)}`, `1220${'zz'.repeat(32)}`]) {
    expect(parseMagnet(`magnet:?${xt}&xt=urn:btmh:${topic}`)).not.toHaveProperty('infoHashV2');
  }
});
