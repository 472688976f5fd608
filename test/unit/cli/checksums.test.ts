import { describe, expect, test } from 'vitest';
import type { WantedChecksum } from '../../../src/cli/checksum-list.js';
import { ChecksumUse } from '../../../src/cli/checksum-use.js';
import { expectChecksums, matchChecksums } from '../../../src/cli/checksums.js';
import type { Metainfo } from '../../../src/metainfo/metainfo.js';

function torrent(...paths: readonly string[]): Metainfo {
  const files = paths.map((file) => ({ path: file.split('/'), length: 1, offset: 0, isPadding: file.endsWith('.pad') }));
  return { name: paths[0].split('/')[0], files, isSingleFile: !paths[0].includes('/') } as unknown as Metainfo;
}

const EXPECTED = 'a'.repeat(64);
const wanted = (file: string | null): WantedChecksum => ({ algorithm: 'sha256', expected: EXPECTED, file });
const list = (...files: readonly string[]) => ({ name: 'SUMS', checksums: files.map(wanted), strangeLines: 0 });
const namesOf = (metainfo: Metainfo, single: readonly WantedChecksum[], ...lists: ReturnType<typeof list>[]): string[] =>
  matchChecksums(metainfo, { single, lists }).files.map(({ file, wanted: all }) => `${file.path.join('/')}:${all.length}`);

describe('a name is that of a file', () => {
  test('with or without the folder of the torrent, with ./ or without', () => {
    const album = torrent('a/b/c', 'a/d', 'a/x.pad');
    expect(namesOf(album, [wanted('a/b/c'), wanted('b/c'), wanted('./d'), wanted('././a/d')])).toEqual(['a/b/c:2', 'a/d:2']);
    expect(() => namesOf(album, [wanted('x.pad')])).toThrow(/there is no file "x\.pad" in a/);
    expect(() => namesOf(album, [wanted('c')])).toThrow(/there is no file "c"/);
  });

  test('from the output folder first, where both fit', () => {
    expect(namesOf(torrent('a/a/b', 'a/b'), [wanted('a/b')])).toEqual(['a/b:1']);
    expect(namesOf(torrent('a/a/b', 'a/b'), [wanted('b')])).toEqual(['a/b:1']);
  });

  test('the only file needs none, padding aside', () => {
    expect(namesOf(torrent('f'), [wanted(null)])).toEqual(['f:1']);
    expect(namesOf(torrent('a/f', 'a/x.pad'), [wanted(null)])).toEqual(['a/f:1']);
    expect(() => namesOf(torrent('a/f', 'a/g'), [wanted(null)])).toThrow(/a has 2 files, and no one is named/);
  });

  test('accents are the same letter in both spellings', () => {
    expect(namesOf(torrent('caf\u00E9'), [wanted('cafe\u0301')])).toEqual(['caf\u00E9:1']);
  });
});

describe('a list', () => {
  test('may name other files, which is told', () => {
    const { files, notes } = matchChecksums(torrent('f'), { single: [], lists: [{ ...list('x', 'f', 'y'), strangeLines: 1 }] });
    expect(files).toHaveLength(1);
    expect(notes).toEqual(['SUMS: 2 files of it not in f: not looked at', 'SUMS: 1 line without a checksum: left out']);
  });

  test('must name one of the torrent, each of several lists', () => {
    expect(() => namesOf(torrent('f'), [wanted('f')], list('f'), list('x'))).toThrow(/SUMS names no file of f/);
  });
});

describe('a list for several torrents', () => {
  const shared = { single: [], lists: [{ ...list('f', 'g', 'x'), strangeLines: 1 }], isShared: true };

  test('need not name each of them, and says of which it compares nothing', () => {
    const { files, notes } = matchChecksums(torrent('other'), shared);
    expect([files, notes]).toEqual([[], ['other: no checksum in SUMS is of a file of it: none is looked at']]);
    expect(matchChecksums(torrent('f'), shared).notes).toEqual([]);
    expect(matchChecksums(torrent('a/f', 'a/g'), shared, [1]).notes).toEqual(['SUMS: 1 file of it not chosen: not looked at']);
  });

  test('what none of them has is told at the end; once, and not of each', () => {
    const use = new ChecksumUse(shared);
    for (const name of ['f', 'other', 'g']) use.add(matchChecksums(torrent(name), shared));
    expect(use.settle(true)).toEqual({
      notes: ['SUMS: 1 file of it in none of the torrents: not looked at', 'SUMS: 1 line without a checksum: left out'],
      error: null,
    });
  });

  test('a list that nobody has a use for is an error, unless a torrent was never looked at', () => {
    const use = new ChecksumUse({ lists: [list('f'), list('x')], isShared: true });
    use.add(matchChecksums(torrent('f'), { single: [], lists: [list('f')], isShared: true }));
    expect(use.settle(true).error?.message).toBe('--checksums: SUMS names no file of any of the torrents');
    expect(use.settle(false)).toMatchObject({
      error: null,
      notes: [
        'SUMS: 1 file of it in none of the torrents: not looked at',
        'SUMS: 1 file of it in none of the torrents: not looked at',
      ],
    });
  });

  test('a line whose file is not chosen was of use', () => {
    const use = new ChecksumUse(shared);
    use.add(matchChecksums(torrent('a/f', 'a/g', 'a/x'), shared, [1]));
    expect(use.settle(true)).toMatchObject({ error: null, notes: ['SUMS: 1 line without a checksum: left out'] });
  });
});

test('a file that is not chosen is none: alone it is refused, in a list it is left out', () => {
  const album = torrent('a/f', 'a/g');
  const only = (wantedChecksums: { single: WantedChecksum[]; lists: ReturnType<typeof list>[] }) =>
    matchChecksums(album, wantedChecksums, [1]);
  expect(() => only({ single: [wanted('f')], lists: [] })).toThrow(/there is no file "f" in a that is chosen/);
  expect(only({ single: [wanted(null)], lists: [] }).files.map(({ file }) => file.path.join('/'))).toEqual(['a/g']);
  const { files, notes } = only({ single: [], lists: [list('f', 'g', 'x')] });
  expect(files).toHaveLength(1);
  expect(notes).toEqual(['SUMS: 1 file of it not chosen: not looked at', 'SUMS: 1 file of it not in a: not looked at']);
  expect(() => only({ single: [], lists: [list('f')] })).toThrow(/SUMS names no file of a that is chosen/);
});

test('what differs is told, five of them by name', () => {
  const result = (path: string, found: string) => ({ path, algorithm: 'sha256' as const, expected: EXPECTED, found });
  expect(() => expectChecksums([])).not.toThrow();
  expect(() => expectChecksums([result('a', EXPECTED)])).not.toThrow();
  expect(() => expectChecksums([result('a', EXPECTED), result('b', 'bb')])).toThrow(
    `1 checksum of 2 wrong: b has sha256 bb, and ${EXPECTED} was expected`,
  );
  const many = Array.from({ length: 8 }, (_, index) => result(`f${index}`, 'bb'));
  expect(() => expectChecksums(many)).toThrow(/^8 checksums of 8 wrong: f0 .*; f4 has .*; 3 more$/);
});
