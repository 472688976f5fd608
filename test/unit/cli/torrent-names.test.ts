// What torrents of one name are called beside each other.

import { expect, test } from 'vitest';
import { nameWithHash, TorrentNames } from '../../../src/cli/torrent-names.js';
import type { Metainfo } from '../../../src/metainfo/metainfo.js';

const torrent = (name: string, byte: number): Metainfo =>
  ({ name, infoHash: { v1: new Uint8Array(20).fill(byte) } }) as unknown as Metainfo;

test('the first has its name, another torrent of that name its info hash too, the same torrent what it had', () => {
  const names = new TorrentNames();
  const called = [torrent('a', 1), torrent('b', 2), torrent('a', 3), torrent('a', 1)].map((one) => names.nameOf(one));
  expect(called).toEqual(['a', 'b', 'a (03030303)', 'a']);
});

test('what looks alike on a terminal is alike, and is safe to print', () => {
  const names = new TorrentNames();
  names.nameOf(torrent('a\u001b', 1));
  expect(names.nameOf(torrent('a\u001b', 2))).toMatch(/^a\uFFFD \(02020202\)$/);
  expect(nameWithHash(torrent('\u0007', 0xab))).toBe('\uFFFD (abababab)');
});
