// NAME.part, and when it can't be that.

import { expect, test } from 'vitest';
import type { MetainfoFile } from '../../../src/metainfo/metainfo.js';
import { partName } from '../../../src/metainfo/part-name.js';

const infoHash = { v1: Uint8Array.from({ length: 20 }, (_, index) => 0xa0 + index) };

function named(...paths: string[]): { files: MetainfoFile[]; infoHash: typeof infoHash } {
  return { files: paths.map((path) => ({ path: path.split('/'), length: 1, offset: 0, isPadding: false })), infoHash };
}

test('is the name and .part', () => {
  expect(partName(named('t/sub/a.iso'), 0)).toEqual(['t', 'sub', 'a.iso.part']);
  expect(partName(named('a'), 0)).toEqual(['a.part']);
});

test('unless the torrent has that name in the same folder', () => {
  const torrent = named('t/a', 't/a.part', 't/sub/a', 't/b', 't/B.PART', 't/c', 't/c.part/x');
  expect(partName(torrent, 0)).toEqual(['t', '.effusion-a0a1a2a3-0.part']);
  expect(partName(torrent, 1)).toEqual(['t', 'a.part.part']);
  expect(partName(torrent, 2)).toEqual(['t', 'sub', 'a.part']);
  expect(partName(torrent, 3)).toEqual(['t', '.effusion-a0a1a2a3-3.part']);
  expect(partName(torrent, 5)).toEqual(['t', '.effusion-a0a1a2a3-5.part']);
});

test('unless it has that name in another Unicode form, which is the same one to some file systems', () => {
  const torrent = named('t/caf\u00e9', 't/cafe\u0301.part');
  expect(partName(torrent, 0)).toEqual(['t', '.effusion-a0a1a2a3-0.part']);
});

test('unless it gets longer than 255 bytes', () => {
  expect(partName(named('x'.repeat(250)), 0)).toEqual([`${'x'.repeat(250)}.part`]);
  expect(partName(named('x'.repeat(251)), 0)).toEqual(['.effusion-a0a1a2a3-0.part']);
  expect(partName(named('é'.repeat(126)), 0)).toEqual(['.effusion-a0a1a2a3-0.part']);
});

test('padding takes no name', () => {
  const torrent = named('t/a', 't/a.part');
  torrent.files[1] = { ...torrent.files[1], isPadding: true };
  expect(partName(torrent, 0)).toEqual(['t', 'a.part']);
});
