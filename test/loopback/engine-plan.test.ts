// What a plan says of a choice of files and of what an earlier one has left in its parts file, against what a run does then.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { planDownload } from '../../src/engine/download-plan.js';
import { filesBelow, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { damaged, expectSameBytes, putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const PIECE_BYTES = 32_768;
/** Pieces 0 of readme and a, 3 of a and b: each has a slot in the parts file, in this order. */
const TORRENT = storedTorrent({
  pieceLength: PIECE_BYTES,
  files: [
    ['readme', 3000],
    ['a', 100_000],
    ['sub/b', 70_000],
  ],
});
const { metainfo } = TORRENT;
const PARTS = `.effusion-${Buffer.from(metainfo.infoHash.v1 ?? [])
  .toString('hex')
  .slice(0, 8)}.parts`;

test.each([
  ['what is all there', [0], ['part'], 0],
  ['what is there but for three pieces', [1], ['part'], 3 * PIECE_BYTES],
  ['both', [0, 1], ['part', 'part'], 3 * PIECE_BYTES],
  ['what is not there', [2], ['absent'], 173_000 - 3 * PIECE_BYTES],
] as const)('the parts file is looked into and not written to: %s', async (_what, files, states, fetchBytes) => {
  const [seeder, folder] = [await startSeeder(TORRENT), await makeTempFolder()];
  await putFiles(folder, { [PARTS]: Buffer.concat([TORRENT.pieceBytes(0), damaged(TORRENT.pieceBytes(3), 5)]) });
  const before = await readFile(path.join(folder, PARTS));
  const plan = await planDownload(metainfo, folder, { files });
  expect(plan.files.map(({ state }) => state)).toEqual(states);
  expect(plan.fetchBytes).toBe(fetchBytes);
  expect(await filesBelow(folder)).toEqual([PARTS]);
  expectSameBytes(await readFile(path.join(folder, PARTS)), before);
  const session = await startSession(metainfo, folder, { files, peers: [peerHint(seeder)] });
  expect(await session.done()).toMatchObject({ status: 'complete', downloadedBytes: fetchBytes });
  for (const file of files) {
    expectSameBytes(await readFile(path.join(folder, ...metainfo.files[file].path)), TORRENT.fileBytes(file));
  }
});

test('a file that differs from the parts file would be refused, where nothing may be replaced', async () => {
  const folder = await makeTempFolder();
  const options = { overwrite: 'never', files: [1] } as const;
  await putFiles(folder, { 'album/a': damaged(TORRENT.fileBytes(1), 5) });
  expect(await planDownload(metainfo, folder, options)).toMatchObject({ refused: [], files: [{ state: 'kept' }] });
  await putFiles(folder, { [PARTS]: TORRENT.pieceBytes(0) });
  const name = path.join(folder, 'album/a');
  expect(await planDownload(metainfo, folder, options)).toMatchObject({ refused: [name], files: [{ state: 'other' }] });
  const session = await startSession(metainfo, folder, { ...options, listen: false });
  await expect(session.done()).rejects.toMatchObject({ detail: { errno: 'EEXIST', path: name } });
});
