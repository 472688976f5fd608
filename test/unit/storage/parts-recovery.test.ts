// What the parts file gives back goes into the part file that counts, also where that has just got another name; what a look into it says
// beforehand; and that others are shown all the while that the folder is taken.

import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import { FileLayout } from '../../../src/metainfo/file-layout.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { checkExisting } from '../../../src/storage/checker.js';
import { adoptFiles } from '../../../src/storage/existing-files.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { scanFiles } from '../../../src/storage/file-scan.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import { PartsFile } from '../../../src/storage/parts-file.js';
import { lookIntoParts, recoverParts, takeParts } from '../../../src/storage/parts-recovery.js';
import { expectSameBytes, putFiles, storedTorrent, type StoredTorrent } from '../../support/stored-torrent.js';
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

/** Pieces 0, 2 and 4 are shared: each has a slot. */
const SHARING = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 1000],
    ['b', 40_000],
    ['c', 40_000],
    ['d', 40_000],
  ],
});

/** Nothing is there but a parts file with these pieces in its slots. */
async function leftWith(
  torrent: StoredTorrent,
  slots: readonly Uint8Array[],
): Promise<{ readonly folder: string; readonly options: Parameters<typeof recoverParts>[0] }> {
  const { metainfo } = torrent;
  const folder = await makeTempFolder();
  const paths = new FilePaths(folder, metainfo);
  const parts = new PartsFile(folder, metainfo);
  await putFiles(folder, { [path.basename(parts.path)]: Buffer.concat(slots) });
  // One piece is a batch.
  const hashPool = new HashPool(0, { ...CONFIG.hashing, rangeBytes: metainfo.geometry.standardPieceLength });
  const have = new Bitfield(metainfo.geometry.pieceCount);
  const layout = new FileLayout(metainfo.files);
  const found = scanFiles({ metainfo, paths });
  return { folder, options: { metainfo, layout, paths, parts, found, have, isChosen: () => true, hashPool } };
}

test('a step is told after each piece that is hashed, and after each stretch that is compared or copied', async () => {
  const { options } = await leftWith(
    SHARING,
    [0, 2, 4].map((piece) => SHARING.pieceBytes(piece)),
  );
  let hashed = 0;
  await lookIntoParts({ ...options, onStep: () => hashed++ });
  expect(hashed).toBe(3);
  let steps = 0;
  await recoverParts({ ...options, onStep: () => steps++ });
  // Each piece has a share of two files.
  expect(steps).toBe(hashed + 6);
});

test('and where nothing of it is right too', async () => {
  const { options } = await leftWith(SHARING, [new Uint8Array(3 * 16_384)]);
  let steps = 0;
  await recoverParts({ ...options, onStep: () => steps++ });
  expect(steps).toBe(3);
});

test('a look finds what would be recovered, and changes nothing', async () => {
  const { folder, options } = await leftWith(SHARING, [SHARING.pieceBytes(0), new Uint8Array(16_384), SHARING.pieceBytes(4)]);
  // A file of its own name that differs speaks against the piece that it shares.
  await putFiles(folder, { 'album/d': new Uint8Array(40_000) });
  const found = scanFiles({ metainfo: options.metainfo, paths: options.paths });
  const before = await readdir(folder, { recursive: true });
  const look = await lookIntoParts({ ...options, found });
  expect([[...look.pieces], [...look.contradicted]]).toEqual([[0], [3]]);
  expect(options.have.isEmpty).toBe(true);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
  const { pieces, contradicted } = await recoverParts({ ...options, found });
  expect({ pieces, contradicted }).toEqual(look);
  expect([...options.have]).toEqual([0]);
});

test('who changes nothing takes its pieces, whatever other files hold', async () => {
  const { folder, options } = await leftWith(
    SHARING,
    [0, 2, 4].map((piece) => (piece === 2 ? new Uint8Array(16_384) : SHARING.pieceBytes(piece))),
  );
  // The parts file says otherwise of its first bytes.
  const other = new Uint8Array(1000).fill(7);
  await putFiles(folder, { 'album/a': other });
  const found = scanFiles(options);
  const before = await readdir(folder, { recursive: true });
  const taken = await takeParts({ ...options, found });
  expect([[...taken.pieces], [...taken.contradicted], [...options.have]]).toEqual([[0, 4], [], [0, 4]]);
  expect(taken.found).toBe(found);
  expect(await readdir(folder, { recursive: true })).toEqual(before);
  expectSameBytes(await readFile(options.paths.name(0)), other);
});
