// What the parts file gives back goes into the part file that counts, also where that has just got another name.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import { FileLayout } from '../../../src/metainfo/file-layout.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { checkExisting } from '../../../src/storage/checker.js';
import { adoptFiles } from '../../../src/storage/existing-files.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { scanFiles } from '../../../src/storage/file-scan.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import { PartsFile } from '../../../src/storage/parts-file.js';
import { recoverParts } from '../../../src/storage/parts-recovery.js';
import { expectSameBytes, putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

test('a file that is whole by it gets its name, though a foreign file has its usual part name', async () => {
  const torrent = storedTorrent({
    pieceLength: 16_384,
    files: [
      ['a', 1000],
      ['b', 40_000],
    ],
  });
  const { metainfo } = torrent;
  const folder = await makeTempFolder();
  const paths = new FilePaths(folder, metainfo);
  const parts = new PartsFile(folder, metainfo);
  const foreign = new Uint8Array(5000).fill(7);
  await putFiles(folder, { 'album/a.part': foreign, [path.basename(parts.path)]: torrent.pieceBytes(0) });
  const hashPool = new HashPool(0, CONFIG.hashing);
  const { have, found } = await checkExisting({ metainfo, paths, found: scanFiles({ metainfo, paths }), resume: null, hashPool });
  const layout = new FileLayout(metainfo.files);
  const recovered = await recoverParts({ metainfo, layout, paths, parts, found, have, isChosen: () => true, hashPool });
  expect([...recovered.pieces]).toEqual([0 as PieceIndex]);
  const finished = await adoptFiles({
    metainfo,
    paths,
    found: recovered.found,
    have,
    overwrite: 'repair',
    copyStepBytes: 65_536,
  });
  expect(finished.has(0)).toBe(true);
  expectSameBytes(await readFile(paths.name(0)), torrent.fileBytes(0));
  expectSameBytes(await readFile(path.join(folder, 'album/a.part')), foreign);
});

test('where nothing may be written its pieces count all the same, and whatever other files hold', async () => {
  const torrent = storedTorrent({
    pieceLength: 16_384,
    files: [
      ['a', 1000],
      ['b', 40_000],
    ],
  });
  const { metainfo } = torrent;
  const folder = await makeTempFolder();
  const paths = new FilePaths(folder, metainfo);
  const parts = new PartsFile(folder, metainfo);
  // The parts file says otherwise of its first bytes.
  const other = new Uint8Array(1000).fill(7);
  await putFiles(folder, { 'album/a': other, [path.basename(parts.path)]: torrent.pieceBytes(0) });
  const before = await readdir(folder, { recursive: true });
  const hashPool = new HashPool(0, CONFIG.hashing);
  const { have, found } = await checkExisting({ metainfo, paths, found: scanFiles({ metainfo, paths }), resume: null, hashPool });
  const look = { metainfo, layout: new FileLayout(metainfo.files), paths, parts, found, have, isChosen: () => true, hashPool };
  const recovered = await recoverParts({ ...look, isReadOnly: true });
  expect([[...recovered.pieces], [...recovered.contradicted], [...have]]).toEqual([[0], [], [0]]);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
  expectSameBytes(await readFile(paths.name(0)), other);
});
