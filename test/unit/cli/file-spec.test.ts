import { describe, expect, test } from 'vitest';
import { filesOfSpec, parseFileSpec, selectFiles } from '../../../src/cli/file-spec.js';
import { UsageError } from '../../../src/cli/usage-error.js';

const PATHS = [
  'readme.txt',
  'Cover.JPG',
  'docs/a.md',
  'PAD',
  'docs/deep/b.md',
  'docs/deep/readme.txt',
  '[x] one, two.mkv',
  '2024',
  'a+b (1).txt',
];
const torrent = {
  isSingleFile: false,
  files: PATHS.map((path) => ({ path: ['album', ...path.split('/')], isPadding: path === 'PAD' })),
};
const single = { isSingleFile: true, files: [{ path: ['ubuntu.iso'], isPadding: false }] };

const select = (...specs: string[]): string[] =>
  selectFiles(
    specs.map((text) => parseFileSpec(text, '--files')),
    torrent,
  ).map((index) => PATHS[index]);

function refusal(run: () => unknown): { message: string; hint: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof UsageError) return { message: error.message, hint: error.detail.hint };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('what a SPEC names', () => {
  test.each([
    ['1', ['readme.txt']],
    ['4', ['docs/deep/b.md']],
    ['1,3-5', ['readme.txt', 'docs/a.md', 'docs/deep/b.md', 'docs/deep/readme.txt']],
    [' 2 , 3 - 3', ['Cover.JPG', 'docs/a.md']],
    ['7-', ['2024', 'a+b (1).txt']],
    ['*.txt', ['readme.txt', 'docs/deep/readme.txt', 'a+b (1).txt']],
    ['readme.txt', ['readme.txt', 'docs/deep/readme.txt']],
    ['./readme.txt', ['readme.txt', 'docs/deep/readme.txt']],
    ['docs/*.md', ['docs/a.md']],
    ['docs/**', ['docs/a.md', 'docs/deep/b.md', 'docs/deep/readme.txt']],
    ['docs/', ['docs/a.md', 'docs/deep/b.md', 'docs/deep/readme.txt']],
    ['docs/**/*.md', ['docs/a.md', 'docs/deep/b.md']],
    ['**/readme.txt', ['readme.txt', 'docs/deep/readme.txt']],
    ['[x] one, two.mkv', ['[x] one, two.mkv']],
    ['[x]*', ['[x] one, two.mkv']],
    ['a+b (1).txt', ['a+b (1).txt']],
    ['202?', ['2024']],
    ['/^docs/', ['docs/a.md', 'docs/deep/b.md', 'docs/deep/readme.txt']],
    ['/\\.jpg$/i', ['Cover.JPG']],
    ['/^[^/]+\\.txt$/', ['readme.txt', 'a+b (1).txt']],
  ])('%s', (spec, names) => {
    expect(select(spec)).toEqual(names);
  });

  test('several are joined, and exclusions taken away from all of them', () => {
    expect(select('*.md', '1')).toEqual(['readme.txt', 'docs/a.md', 'docs/deep/b.md']);
    expect(select('!docs/**', '*.md', '*.txt')).toEqual(['readme.txt', 'a+b (1).txt']);
    expect(select('!3-', '!/cover/i')).toEqual(['readme.txt']);
    expect(select('!*.nfo')).toHaveLength(PATHS.length - 1);
  });

  test("a path may have the torrent's own folder in front, as it is shown and as it lies on the disk", () => {
    expect(select('album/docs/a.md')).toEqual(['docs/a.md']);
    expect(select('album/docs/*.md', 'album/readme.txt')).toEqual(['readme.txt', 'docs/a.md']);
    expect(select('!album/docs/**', '*.md', '*.txt')).toEqual(['readme.txt', 'a+b (1).txt']);
    // Inside there is one that is called so: that is meant.
    const twice = ['album/a', 'a'].map((path) => ({ path: ['album', ...path.split('/')], isPadding: false }));
    expect(selectFiles([parseFileSpec('album/a', '--files')], { isSingleFile: false, files: twice })).toEqual([0]);
    expect(refusal(() => select('album/docs/x.md')).message).toContain('no file of the torrent is called so');
  });

  test('of a torrent of one file it is that file', () => {
    for (const spec of ['1', '*.iso', 'ubuntu.iso', '/u/'])
      expect(selectFiles([parseFileSpec(spec, '--files')], single)).toEqual([0]);
  });

  test('alone, an exclusion is everything else', () => {
    expect(filesOfSpec(parseFileSpec('!docs/**', '--priority'), torrent).map((index) => PATHS[index])).toEqual([
      'readme.txt',
      'Cover.JPG',
      '[x] one, two.mkv',
      '2024',
      'a+b (1).txt',
    ]);
  });
});

describe('what is refused', () => {
  test.each([
    ['', 'names no file'],
    ['!', 'names no file'],
    ['0', 'count from 1'],
    ['5-3', 'is reversed'],
    ['1,,2', 'is no number'],
    ['-3', 'is no number'],
    ['1-2-3', 'is no number'],
    ['12345678901', 'is no number'],
    ['/(/', 'Invalid regular expression'],
    ['/a/g', "the flags 'g' are not known"],
  ])('%s', (spec, why) => {
    expect(refusal(() => parseFileSpec(spec, '--files')).message).toContain(why);
  });

  test('more than anybody types', () => {
    expect(refusal(() => parseFileSpec('x'.repeat(10_001), '--files')).message).toBe('--files: longer than 10000 characters');
  });

  test('a number beyond the last file, in a range too, and of an exclusion', () => {
    for (const spec of ['9', '7-9', '9-', '!9']) {
      expect(refusal(() => select(spec)).message).toBe(`--files ${spec}: there is no file 9: the torrent has 8 files`);
    }
  });

  test('what names nothing, with the nearest name', () => {
    expect(refusal(() => select('1', 'raedme.txt'))).toEqual({
      message: '--files raedme.txt: no file of the torrent is called so',
      hint: 'Did you mean readme.txt?',
    });
    expect(refusal(() => select('docs/b.md')).hint).toBe('Did you mean docs/a.md?');
    expect(refusal(() => select('*.flac,*.ogg')).hint).toBe('Give --files once for each pattern: a comma is part of it.');
    expect(refusal(() => select('PAD')).message).toContain('no file of the torrent is called so');
    expect(refusal(() => select('/x\u001B/')).message).not.toContain('\u001B');
  });

  test('what leaves nothing', () => {
    expect(refusal(() => select('*.md', '!docs/**')).message).toBe('--files *.md --files !docs/**: no file is left');
    expect(refusal(() => select('!*')).message).toContain('no file is left');
  });
});
