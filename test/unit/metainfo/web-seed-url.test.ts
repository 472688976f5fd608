import { describe, expect, test } from 'vitest';
import { encode } from '../../../src/bencode/encode.js';
import { WebSeedPaths } from '../../../src/metainfo/web-seed-url.js';

function paths(
  name: string | Uint8Array,
  files?: readonly (readonly (string | Uint8Array)[])[],
  extra: object = {},
): WebSeedPaths {
  const info = files === undefined ? { length: 5, name } : { files: files.map((path) => ({ length: 5, path })), name, ...extra };
  return new WebSeedPaths({ infoBytes: encode(info), isSingleFile: files === undefined });
}

describe('one file', () => {
  test.each([
    ['http://host/other.iso', 'http://host/other.iso'],
    ['http://host/folder/', 'http://host/folder/a%20file.iso'],
    ['http://host/folder/?key=1', 'http://host/folder/a%20file.iso?key=1'],
    ['http://host/get?file=/', 'http://host/get?file=/'],
    ['http://host/file#part', 'http://host/file'],
  ])('%s', (base, url) => expect(paths('a file.iso').urlOf(base, 0)).toBe(url));
});

describe('several files', () => {
  const several = paths('a name', [['one'], ['sub folder', 'ü#?%.txt'], ['a+b&c=d;e@f:g!']]);

  test.each([
    ['http://host/', 0, 'http://host/a%20name/one'],
    ['http://host', 0, 'http://host/a%20name/one'],
    ['http://host/x', 0, 'http://host/x/a%20name/one'],
    ['http://host/x/?k=v', 1, 'http://host/x/a%20name/sub%20folder/%C3%BC%23%3F%25.txt?k=v'],
    ['http://host/', 2, 'http://host/a%20name/a%2Bb%26c%3Dd%3Be%40f%3Ag%21'],
  ])('%s, file %i', (base, file, url) => expect(several.urlOf(base, file)).toBe(url));

  test('bytes that are no UTF-8 are sent as they are', () => {
    expect(paths('n', [[Uint8Array.of(0x66, 0xfc, 0x72)]]).urlOf('http://h/', 0)).toBe('http://h/n/f%FCr');
  });

  test('names in UTF-8 go before others', () => {
    const info = {
      files: [{ length: 5, path: [Uint8Array.of(0xfc)], 'path.utf-8': ['ü'] }],
      name: Uint8Array.of(0xe4),
      'name.utf-8': 'ä',
    };
    const both = new WebSeedPaths({ infoBytes: encode(info), isSingleFile: false });
    expect(both.urlOf('http://h/', 0)).toBe('http://h/%C3%A4/%C3%BC');
  });

  test.each([[['..', 'x']], [['.', 'x']], [['', 'x']], [[]]])('a path that a URL would change has none: %j', (path) => {
    expect(paths('n', [path]).urlOf('http://h/', 0)).toBeNull();
    expect(paths('n', [['x']]).urlOf('http://h/', 1)).toBeNull();
  });

  test('more dots are a name like any other', () => {
    expect(paths('n', [['...', '..x']]).urlOf('http://h/', 0)).toBe('http://h/n/.../..x');
  });
});
