// What --files of cat and stream names, and how the files are listed for whoever has to choose.

import { expect, test } from 'vitest';
import { chooseFiles, describeFiles, listFiles } from '../../../src/cli/choose-files.js';
import { UsageError } from '../../../src/cli/usage-error.js';
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

test.each([
  ['1', [0]],
  ['sub/b.srt', [2]],
  ['SUB/*', [2, 3]],
  ['*', [0, 2, 3, 4]],
  ['3,1', [0, 3]],
  ['1,1,*.mkv', [0]],
  ['x,y\u001b[31m', [4]],
])('%j', (spec, indices) => expect(chooseFiles(spec, files).map(({ index }) => index)).toEqual(indices));

test.each(['0', '5', '', 'b.srt', '1,', '1,nothing*', '99999999999999999999'])('%j names no file', (spec) => {
  expect(() => chooseFiles(spec, files)).toThrow(UsageError);
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
