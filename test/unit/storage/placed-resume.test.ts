// Resume state is for files where they were: another file of the torrent, as large and as old, may lie there by now.

import { readFileSync, renameSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { placeFiles } from '../../../src/metainfo/placement.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { scanFiles } from '../../../src/storage/file-scan.js';
import { ResumeFile } from '../../../src/storage/resume-file.js';
import { putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['x', 16_384],
    ['y', 16_384],
  ],
});
const SWAPPED = placeFiles(TORRENT.metainfo, {
  renames: new Map([
    [1, 'album/y'],
    [2, 'album/x'],
  ]),
});
const when = new Date(1_700_000_000_000);

async function prepare(): Promise<{ folder: string; have: Bitfield }> {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/x': TORRENT.fileBytes(0), 'album/y': TORRENT.fileBytes(1) });
  for (const name of ['x', 'y']) await utimes(path.join(folder, 'album', name), when, when);
  const have = new Bitfield(2);
  have.set(0 as PieceIndex);
  return { folder, have };
}

const resumeOf = (folder: string, metainfo = TORRENT.metainfo): ResumeFile =>
  new ResumeFile({ metainfo, paths: new FilePaths(folder, metainfo), isPlaced: metainfo !== TORRENT.metainfo });

test('state of another placement is not believed, in either direction', async () => {
  const { folder, have } = await prepare();
  resumeOf(folder).save(have);
  expect(await resumeOf(folder).load()).not.toBeNull();
  expect(await resumeOf(folder, SWAPPED).load()).toBeNull();
  resumeOf(folder, SWAPPED).save(have);
  expect(await resumeOf(folder, SWAPPED).load()).not.toBeNull();
  expect(await resumeOf(folder).load()).toBeNull();
});

test('of the same placement it is, also after the folder has moved', async () => {
  const { folder, have } = await prepare();
  resumeOf(folder, SWAPPED).save(have);
  const moved = `${folder}-moved`;
  renameSync(folder, moved);
  const state = await resumeOf(moved, SWAPPED).load();
  renameSync(moved, folder);
  const [found] = scanFiles({ metainfo: SWAPPED, paths: new FilePaths(folder, SWAPPED) });
  expect(state?.isTrusted(0, found.name)).toBe(true);
  expect(state?.have.has(0 as PieceIndex)).toBe(true);
});

test('where nothing is placed, the file has no word of it: earlier versions read it', async () => {
  const { folder, have } = await prepare();
  const resume = resumeOf(folder);
  resume.save(have);
  expect(readFileSync(resume.path, 'utf8')).not.toContain('placement');
});
