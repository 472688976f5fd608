// Is it a torrent file, or data? By what is in it, but for a name that says so.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findSeedSource } from '../../../src/cli/seed-source.js';
import { gatherTorrents } from '../../../src/cli/torrent-list.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { readTorrentFixture } from '../../support/torrent-fixtures.js';

test.each([
  ['a torrent file by any name', 'x.bin', readTorrentFixture('v2-only.torrent'), 'torrent'],
  ['one that is wrong', 'x.bin', Buffer.from('d4:infoi1ee'), 'torrent'],
  ['a broken one that is called so', 'x.Torrent', Buffer.from('hello'), 'torrent'],
  ['a dictionary of something else', 'x.bin', Buffer.from('d3:fooi1ee'), 'content'],
  ['text that begins like one', 'x.bin', Buffer.from('dear all'), 'content'],
  ['half a torrent', 'x.bin', Buffer.from('d4:infod6:length'), 'content'],
  ['an empty file', 'x.bin', Buffer.from(''), 'content'],
])('%s', async (_, name, bytes, expected) => {
  const file = path.join(await makeTempFolder(), name);
  await writeFile(file, bytes);
  const [item] = await gatherTorrents([file]);
  expect(await findSeedSource(item)).toBe(expected);
});

test('a folder is data, whatever it is called', async () => {
  const folder = path.join(await makeTempFolder(), 'x.torrent');
  await mkdir(folder);
  const [item] = await gatherTorrents([folder]);
  expect(await findSeedSource(item)).toBe('content');
});

test.each([
  ['-', 'torrent'],
  ['https://example.org/x', 'torrent'],
  ['magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056', 'torrent'],
  ['/there/is/no/such', 'missing'],
])('%s is %s', async (text, expected) => {
  const [item] = await gatherTorrents([text]);
  expect(await findSeedSource(item)).toBe(expected);
});
