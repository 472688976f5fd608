// The list of a torrent's files: columns that stay in line whatever the names are made of, cut at the terminal's width, and what is no plain
// file marked.

import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { encode } from '../../../../src/bencode/encode.js';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import { formatFileRows, formatFileTree, formatPlainRows } from '../../../../src/cli/render/file-rows.js';
import type { Metainfo } from '../../../../src/metainfo/metainfo.js';
import { symlinksOf } from '../../../../src/metainfo/symlinks.js';
import { parseTorrentFile } from '../../../../src/metainfo/torrent-file.js';

interface Entry {
  readonly length: number;
  readonly path: readonly string[];
  readonly attr?: string;
  readonly 'symlink path'?: readonly string[];
}

function torrent(files: readonly Entry[]): Metainfo {
  const length = files.reduce((sum, file) => sum + file.length, 0);
  const pieces = new Uint8Array(Math.ceil(length / 16_384) * 20);
  return parseTorrentFile(encode({ info: { files: files as never, name: 't', 'piece length': 16_384, pieces } }));
}

const options = (columns: number | null) => ({ style: PLAIN_STYLE, columns, isUnicode: true });

test('wide names stay within the terminal and keep their end', async () => {
  const metainfo = torrent([
    { length: 5, path: ['日本語の長い名前のファイルがここにあります.txt'] },
    { length: 2_000_000, path: ['👩‍👩‍👧‍👦 family 👩‍👩‍👧‍👦 family 👩‍👩‍👧‍👦 family.jpg'] },
    { length: 1, path: ['short'] },
  ]);
  for (const columns of [30, 40, 80]) {
    const rows = await formatFileRows(metainfo, options(columns));
    for (const row of rows) expect(stringWidth(row), row).toBeLessThanOrEqual(columns);
    expect(rows[0]).toMatch(/^ {2}1 {6}5 B {2}.*\.txt$/);
    expect(rows[1]).toMatch(/^ {2}2 {2}1\.9 MiB {2}.*\.jpg$/);
    expect(rows[2]).toMatch(/^ {2}3 {6}1 B {2}t\/short$/);
  }
  expect((await formatFileRows(metainfo, options(null)))[0]).toContain('t/日本語の長い名前のファイルがここにあります.txt');
});

test('attributes and symbolic links are marked, padding has neither number nor line', async () => {
  const metainfo = torrent([
    { length: 1, path: ['run'], attr: 'x' },
    { length: 3, path: ['.pad', '3'], attr: 'p' },
    { length: 0, path: ['lib', 'l'], attr: 'l', 'symlink path': ['lib', 'target\u001B'] },
    { length: 2, path: ['h'], attr: 'hx' },
  ]);
  expect(symlinksOf(metainfo)).toEqual([{ index: 2, path: 'lib/l', target: 'lib/target\u001B' }]);
  expect(await formatFileRows(metainfo, options(80))).toEqual([
    '  1   1 B  t/run [executable]',
    '     link  t/lib/l -> t/lib/target� [not made]',
    '  2   2 B  t/h [executable, hidden]',
  ]);
  expect(formatPlainRows(metainfo)).toEqual(['1\t1\tt/run', '2\t2\tt/h']);
});

test('a tree: folders first, with the sums of what is in them', async () => {
  const metainfo = torrent([
    { length: 1, path: ['a', 'b', 'one'] },
    { length: 2, path: ['z'] },
    { length: 4, path: ['a', 'two'] },
  ]);
  expect(await formatFileTree(metainfo, options(80))).toEqual([
    '     7 B  t/',
    '     5 B  ├── a/',
    '     1 B  │   ├── b/',
    '  1  1 B  │   │   └── one',
    '  3  4 B  │   └── two',
    '  2  2 B  └── z',
  ]);
  const ascii = await formatFileTree(metainfo, { ...options(80), isUnicode: false });
  expect(ascii[5]).toBe('  2  2 B  `-- z');
});

test('a hundred thousand files, and folders as deep as they may be', async () => {
  const deep = Array.from({ length: 98 }, (_, i) => `d${i}`);
  const files = Array.from({ length: 130_000 }, (_, i) => ({ length: 1, path: ['t', String(i)], offset: i, isPadding: false }));
  files.push({ length: 1, path: ['t', ...deep, 'end'], offset: files.length, isPadding: false });
  // As the parser would make it, without the seconds that takes.
  const metainfo: Metainfo = { ...torrent([{ length: 1, path: ['x'] }]), files };
  expect(await formatFileTree(metainfo, options(40))).toHaveLength(130_000 + 98 + 2);
  expect(await formatFileRows(metainfo, options(40))).toHaveLength(130_001);
});
