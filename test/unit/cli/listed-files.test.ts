// How the files are listed for whoever has to choose one.

import { expect, test } from 'vitest';
import { describeFiles, listFiles } from '../../../src/cli/listed-files.js';
import { storedTorrent } from '../../support/stored-torrent.js';

const { metainfo } = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a.mkv', 2_000_000],
    ['padding', 100],
    ['sub/b.srt', 10],
    ['sub/3', 0],
    ['x,y\u001b[31m', 1],
  ],
});
const files = listFiles(metainfo.files, false);

test('files are numbered from 1, without padding and without the folder of all', () => {
  expect(files.map(({ number, index, path }) => [number, index, path])).toEqual([
    [1, 0, 'a.mkv'],
    [2, 2, 'sub/b.srt'],
    [3, 3, 'sub/3'],
    [4, 4, 'x,y\u001b[31m'],
  ]);
  expect(listFiles(metainfo.files.slice(0, 1), true)[0].path).toBe('album/a.mkv');
});

test('the list is printable, aligned and bounded', () => {
  expect(describeFiles(files)).toEqual([
    '  1  a.mkv (1.9 MiB)',
    '  2  sub/b.srt (10 B)',
    '  3  sub/3 (0 B)',
    expect.not.stringContaining('\u001b'),
  ]);
  const many = Array.from({ length: 250 }, (_, index) => ({ number: index + 1, index, path: String(index), length: 1 }));
  expect(describeFiles(many)).toHaveLength(101);
  expect(describeFiles(many).at(-1)).toBe('  and 150 more');
});
