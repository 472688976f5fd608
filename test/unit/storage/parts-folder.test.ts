// A folder for what is not whole, beside, inside and around the output folder.

import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { placeFiles, type Placement, PlacementError } from '../../../src/metainfo/placement.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { expectApart } from '../../../src/storage/parts-folder.js';
import { storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const { metainfo } = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['x', 10],
    ['album/x.part', 10],
    ['sub/y', 10],
  ],
});

function check(folder: string, partsFolder: string, placement: Placement = {}, files: readonly number[] = [0, 1, 2]): void {
  expectApart(new FilePaths(folder, placeFiles(metainfo, placement), partsFolder), files);
}

test.each<[string, string, string, Placement, string]>([
  ['its own folder', 'out', 'out/album', {}, 'out/album/album/x.part would be in the way of out/album/album/x.part'],
  ['the place of a file', 'out', 'out/x', { stripComponents: 1 }, 'out/x/x.part would be in the way of out/x'],
  ['the place of a file by its case', 'out', 'out/X', { stripComponents: 1 }, 'would be in the way of out/x'],
])('%s is refused', (_, folder, parts, placement, message) => {
  expect(() => check(folder, parts, placement)).toThrow(PlacementError);
  expect(() => check(folder, parts, placement)).toThrow(message);
});

test.each<[string, string, string]>([
  ['one folder', 'out', 'out'],
  ['one folder by two names', 'out', './out'],
  ['a folder beside', 'out', 'inc'],
  ['a folder inside, of another name', 'out', 'out/incomplete'],
  ['a folder around', 'inc/out', 'inc'],
  ['a folder whose name begins the same', 'out', 'out2/album'],
])('%s is fine', (_, folder, parts) => {
  expect(() => check(folder, parts)).not.toThrow();
});

test('a folder around the output folder is refused where that is called as the torrent', () => {
  const inner = storedTorrent({
    pieceLength: 16_384,
    files: [
      ['x.part', 10],
      ['album/x', 10],
    ],
  }).metainfo;
  const paths = new FilePaths('inc/album', inner, 'inc');
  expect(() => expectApart(paths, [0, 1])).toThrow('inc/album/album/x.part would be in the way of inc/album/album/x.part');
});

test('what is not chosen is in nobody’s way', () => {
  expect(() => check('out', 'out/album', {}, [0, 2])).not.toThrow();
});

test('a link does not hide it', async () => {
  const folder = await makeTempFolder();
  await mkdir(path.join(folder, 'out'));
  await symlink('out', path.join(folder, 'link'));
  expect(() => check(path.join(folder, 'out'), path.join(folder, 'link/album'))).toThrow(PlacementError);
  expect(() => check(path.join(folder, 'out'), path.join(folder, 'link'))).not.toThrow();
});
