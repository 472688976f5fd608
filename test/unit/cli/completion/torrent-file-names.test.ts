// Names for `--files`, of a torrent as it lies on the disk.

import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { torrentFileNames } from '../../../../src/cli/completion/torrent-file-names.js';
import { makePayload, writeTorrent } from '../../../support/payload.js';
import { makeTempFolder } from '../../../support/temp-folder.js';

test('paths inside the torrent, in the order of their numbers', async () => {
  const names = ['docs/1', 'readme.txt', '12', '!loud', '1,3-5'];
  const payload = makePayload(
    'album',
    names.map((name) => [name, 100] as const),
  );
  const torrent = await writeTorrent(payload, await makeTempFolder(), 16_384);
  expect((await torrentFileNames(torrent.path)).toSorted()).toEqual(names.toSorted());
});

test('none of what is missing, or no torrent', async () => {
  const folder = await makeTempFolder();
  await writeFile(path.join(folder, 'x.torrent'), 'd4:infodee');
  expect(await torrentFileNames(path.join(folder, 'x.torrent'))).toEqual([]);
  expect(await torrentFileNames(path.join(folder, 'none.torrent'))).toEqual([]);
  expect(await torrentFileNames(folder)).toEqual([]);
});

test('a pipe is not waited for', async () => {
  const pipe = path.join(await makeTempFolder(), 'x.torrent');
  execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', pipe]);
  expect(await torrentFileNames(pipe)).toEqual([]);
});
