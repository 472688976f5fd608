// Where the files of a torrent are, and grow, below folders that users write in many ways.

import { describe, expect, test } from 'vitest';
import { encode } from '../../../src/bencode/encode.js';
import { parseTorrentFile } from '../../../src/metainfo/torrent-file.js';
import { FilePaths } from '../../../src/storage/file-paths.js';

const files = [
  { length: 1, path: ['a'] },
  { length: 1, path: ['sub', 'b'] },
];
const metainfo = parseTorrentFile(encode({ info: { name: 'many', files, 'piece length': 16_384, pieces: new Uint8Array(20) } }));

describe.each([
  ['/data', '/data/'],
  ['/data/', '/data/'],
  ['/data/./x/..', '/data/'],
  ['/', '/'],
  ['data', 'data/'],
  ['./data//', 'data/'],
  ['../data', '../data/'],
])('below %s', (folder, root) => {
  const paths = new FilePaths(folder, metainfo);

  test('each file has its name and its part name', () => {
    expect([paths.name(0), paths.name(1)]).toEqual([`${root}many/a`, `${root}many/sub/b`]);
    expect([paths.part(0), paths.part(1)]).toEqual([`${root}many/a.part`, `${root}many/sub/b.part`]);
  });

  test('files grow where they will be, if no other folder is named', () => {
    expect(paths.partsFolder).toBe(paths.folder);
    expect(new FilePaths(folder, metainfo, '/parts').part(1)).toBe('/parts/many/sub/b.part');
  });
});
