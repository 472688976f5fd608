import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { gatherTorrents, parseList } from '../../../src/cli/torrent-list.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import { CONFIG } from '../../../src/engine/config.js';
import { MetainfoError } from '../../../src/model/error.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const HASH = 'a'.repeat(40);

describe('a list', () => {
  test('names a torrent a line; comments, blank lines, a byte order mark and any line ends do not count', () => {
    const items = parseList(bytes(`\uFEFF# mine\n\na.torrent\r\n  b c.torrent \n#d\n${HASH}\rhttps://x.example/t`), 'l.txt');
    expect(items.map(({ text, origin }) => [text, origin])).toEqual([
      ['a.torrent', 'l.txt line 3'],
      ['b c.torrent', 'l.txt line 4'],
      [HASH, 'l.txt line 6'],
      ['https://x.example/t', 'l.txt line 7'],
    ]);
    expect(items.map(({ argument }) => !(argument instanceof MetainfoError) && argument.kind)).toEqual([
      'file',
      'file',
      'magnet',
      'url',
    ]);
  });

  test('keeps what is wrong with a link for later, with its line', () => {
    const [good, bad] = parseList(bytes('a.torrent\nmagnet:?xt=urn:btih:zz&tr=http://t.example/0123456789abcdef0123'), 'l.txt');
    expect(good.argument).toEqual({ kind: 'file', path: 'a.torrent' });
    expect(bad.argument).toBeInstanceOf(MetainfoError);
    expect(bad.label).toBe('l.txt line 2');
  });

  test.each([
    ['a torrent file', Uint8Array.of(0x64, 0x38, 0x3a, 0xff)],
    ['control characters', bytes('a.torrent\n\u0000b')],
    ['an escape', bytes('a\u001B[2Jb')],
  ])('is no list: %s', (_, content) => expect(() => parseList(content, 'l.txt')).toThrow(/l\.txt.* is no text/));

  test('shows no secret of a URL', () => {
    const [item] = parseList(bytes('https://user:pw@x.example/t?passkey=0123456789abcdef0123'), 'l');
    expect(item.label).toBe('https://x.example/t?passkey=***');
  });
});

describe('the torrents of a run', () => {
  test('are those of the command line, then those of each list', async () => {
    const folder = await makeTempFolder();
    const lists = [path.join(folder, 'one'), path.join(folder, 'two')];
    await writeFile(lists[0], 'b\nc\n');
    await writeFile(lists[1], 'd');
    const items = await gatherTorrents(['a', '-'], lists);
    expect(items.map(({ text }) => text)).toEqual(['a', '-', 'b', 'c', 'd']);
    expect(items[0]).toMatchObject({ label: 'a', origin: null });
  });

  test.each([
    ['none', [], undefined, /missing required argument 'TORRENT'/],
    ['stdin as two torrents', ['-', '-'], undefined, /stdin was named twice/],
    ['stdin as a torrent and a list', ['-'], ['list', '-'], /stdin was named twice|cannot read/],
    ['stdin as two lists', [], ['-', '-'], /stdin was named twice/],
    [
      'a list that is not there',
      [],
      ['/nonexistent/list'],
      /--input-file: cannot read \/nonexistent\/list: there is no such file \(ENOENT\)/,
    ],
    ['a folder as a list', [], ['/'], /cannot read \/: it is a folder \(EISDIR\)/],
    ['a list without an end', [], ['/dev/zero'], /larger than 16 MiB/],
  ])('are refused: %s', async (_, texts, lists, message) => {
    const error = await gatherTorrents(texts, lists).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
  });

  test('an empty list, and one that is too long', async () => {
    const file = path.join(await makeTempFolder(), 'list');
    await writeFile(file, '# nothing\n\n');
    await expect(gatherTorrents([], [file])).rejects.toThrow(/no torrent is named in it/);
    expect(await gatherTorrents(['a'], [file])).toHaveLength(1);
    await writeFile(file, 'x\n'.repeat(CONFIG.cli.maxTorrents + 1));
    await expect(gatherTorrents([], [file])).rejects.toThrow(/more than 10000 torrents/);
  });
});
