// What becomes of files that are there, or that come while a run is under way, by each mode of overwriting, with a real seeder.

import { readFileSync, statSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { planDownload } from '../../src/engine/download-plan.js';
import type { SessionOptions } from '../../src/engine/session-options.js';
import type { DownloadResult } from '../../src/engine/session-server.js';
import { expectWhole, filesBelow, nextNotice, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { damaged, expectSameBytes, putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 150_000],
    ['empty', 0],
    ['sub/b', 270_000],
    ['sub/c', 5],
  ],
});
const { metainfo } = TORRENT;

async function run(folder: string, options: SessionOptions): Promise<Extract<DownloadResult, { status: 'complete' }>> {
  const seeder = await startSeeder(TORRENT);
  const session = await startSession(metainfo, folder, { peers: [peerHint(seeder)], ...options });
  const result = await session.done();
  if (result.status !== 'complete') throw new Error(result.reason);
  return result;
}

test.each([
  ['never', false],
  ['never', true],
  ['verify', false],
  ['verify', true],
  ['always', false],
] as const)(
  'with overwrite %s, a file that comes while it downloads is not replaced; a folder apart: %s',
  async (overwrite, isApart) => {
    const folder = await makeTempFolder();
    const [out, inc] = [path.join(folder, 'out'), path.join(folder, 'inc')];
    const seeder = await startSeeder(TORRENT);
    const session = await startSession(metainfo, out, {
      peers: [peerHint(seeder)],
      overwrite,
      maxDownloadBytesPerSecond: 400_000,
      ...(isApart ? { incompleteFolder: inc } : {}),
    });
    await nextNotice(session, 'piece-stored');
    await putFiles(out, { 'album/sub/b': new TextEncoder().encode('mine') });
    await expect(session.done()).rejects.toMatchObject({
      detail: { errno: 'EEXIST', path: path.join(out, 'album/sub/b') },
      message: expect.stringContaining('came while this run was under way') as string,
    });
    expect(await readFile(path.join(out, 'album/sub/b'), 'utf8')).toBe('mine');
    // What came is kept: out of the way, it goes on.
    await rm(path.join(out, 'album/sub/b'));
    const again = await startSession(metainfo, out, {
      peers: [peerHint(seeder)],
      overwrite,
      ...(isApart ? { incompleteFolder: inc } : {}),
    });
    expect(await again.done()).toMatchObject({ status: 'complete' });
    expect(again.snapshot().downloadedBytes).toBeLessThan(metainfo.geometry.totalLength);
    await expectWhole(out, TORRENT);
  },
);

describe('overwrite: always', () => {
  test('all is fetched, although it is there', async () => {
    const folder = await makeTempFolder();
    await run(folder, {});
    const again = await run(folder, { overwrite: 'always' });
    expect(again.alreadyComplete).toBe(false);
    expect(again.downloadedBytes).toBeGreaterThanOrEqual(metainfo.geometry.totalLength);
    await expectWhole(folder, TORRENT);
  });

  test('a run that fails leaves what was there; one that goes on keeps what the first has brought', async () => {
    const folder = await makeTempFolder();
    const old = new Uint8Array(1000).fill(7);
    await putFiles(folder, { 'album/a': old, 'album/sub/b': old });
    const seeder = await startSeeder(TORRENT);
    const limited = { overwrite: 'always', peers: [peerHint(seeder)], maxDownloadBytesPerSecond: 400_000 } as const;
    const session = await startSession(metainfo, folder, limited);
    await nextNotice(session, 'piece-stored');
    await session.stop();
    const whole = ['a', 'sub/b'].filter((name) => readFileSync(path.join(folder, 'album', name)).length !== 1000);
    expect(whole.length).toBeLessThan(2);
    const result = await run(folder, { overwrite: 'always' });
    expect(result.downloadedBytes).toBeLessThan(metainfo.geometry.totalLength);
    await expectWhole(folder, TORRENT);
  });
});

describe('overwrite: never', () => {
  /** The piece that a and b share, and what of a lies before it. */
  const SHARED = Math.floor(150_000 / 16_384);
  const never = { overwrite: 'never' } as const;
  const { v1 = new Uint8Array() } = metainfo.infoHash;
  const PARTS = `.effusion-${Buffer.from(v1).toString('hex').slice(0, 8)}.parts`;

  test('a file that is right as far as it can be checked stays, and is compared with what comes of it', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0) });
    const before = statSync(path.join(folder, 'album/a'));
    const plan = await planDownload(metainfo, folder, never);
    expect(plan).toMatchObject({ refused: [], files: [{ state: 'kept', fetchBytes: 150_000 % 16_384 }, {}, {}, {}] });
    const result = await run(folder, never);
    expect(result.downloadedBytes).toBe(metainfo.geometry.totalLength - SHARED * 16_384);
    await expectWhole(folder, TORRENT);
    const after = statSync(path.join(folder, 'album/a'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  test('one that differs where it could not be checked is found out, stays as it is, and is refused at once from then on', async () => {
    const folder = await makeTempFolder();
    const mine = damaged(TORRENT.fileBytes(0), 149_999);
    await putFiles(folder, { 'album/a': mine });
    const refusal = { detail: { operation: 'open', errno: 'EEXIST', path: path.join(folder, 'album/a') } };
    await expect(run(folder, never)).rejects.toMatchObject(refusal);
    expectSameBytes(await readFile(path.join(folder, 'album/a')), mine);
    const seeder = await startSeeder(TORRENT);
    const again = await startSession(metainfo, folder, { ...never, peers: [peerHint(seeder)], listen: false });
    await expect(again.done()).rejects.toMatchObject(refusal);
    expect(seeder.connectionCount).toBe(0);
    expectSameBytes(await readFile(path.join(folder, 'album/a')), mine);
    // And repaired where that is allowed.
    await run(folder, {});
    await expectWhole(folder, TORRENT);
  });

  test('a run that was stopped in between goes on', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0) });
    const seeder = await startSeeder(TORRENT);
    const session = await startSession(metainfo, folder, {
      ...never,
      peers: [peerHint(seeder)],
      order: 'sequential',
      maxDownloadBytesPerSecond: 100_000,
    });
    await nextNotice(session, 'piece-stored', ({ piece }) => piece > SHARED);
    await session.stop();
    await run(folder, never);
    await expectWhole(folder, TORRENT);
  });

  test('of a choice only the pieces at the edges come, once', async () => {
    const [folder, notesFolder] = [await makeTempFolder(), await makeTempFolder()];
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0) });
    const first = await run(folder, { ...never, files: [0], notesFolder });
    expect(first.downloadedBytes).toBe(16_384);
    const second = await startSession(metainfo, folder, { ...never, files: [0], notesFolder, listen: false });
    expect(await second.done()).toMatchObject({ status: 'complete', alreadyComplete: true, downloadedBytes: 0 });
    // All of them after that: the one that is noted as whole stays.
    await run(folder, { ...never, notesFolder });
    await expectWhole(folder, TORRENT);
  });

  test('the file that is wrong is named, and the plan tells it from its neighbour', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0), 'album/sub/b': new Uint8Array(270_000).fill(7) });
    const b = path.join(folder, 'album/sub/b');
    await expect(run(folder, never)).rejects.toMatchObject({ detail: { operation: 'open', errno: 'EEXIST', path: b } });
    const plan = await planDownload(metainfo, folder, never);
    expect(plan.refused).toEqual([b]);
    expect(plan.files.map(({ state }) => state)).toEqual(['kept', 'absent', 'other', 'absent']);
  });

  test('where one of two differs, and which can not be told, the refusal says so', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0), 'album/sub/b': damaged(TORRENT.fileBytes(2), 0) });
    await expect(run(folder, never)).rejects.toMatchObject({
      detail: { operation: 'compare', errno: 'EEXIST', path: path.join(folder, 'album/a') },
      message: expect.stringContaining('it or another one that shares a piece with it differs') as string,
    });
  });

  test('a whole file keeps nothing from being reused', async () => {
    const folder = await makeTempFolder();
    const [out, elsewhere] = [path.join(folder, 'out'), path.join(folder, 'elsewhere')];
    const apart = storedTorrent({
      pieceLength: 16_384,
      files: [
        ['a', 32_768],
        ['b', 20_000],
      ],
    });
    await putFiles(out, { 'album/a': apart.fileBytes(0) });
    await putFiles(elsewhere, { b: apart.fileBytes(1) });
    const session = await startSession(apart.metainfo, out, { ...never, reuseFolders: [elsewhere], listen: false });
    expect(await session.done()).toMatchObject({ status: 'complete', downloadedBytes: 0 });
  });

  test('what an earlier choice has left is not put into files before the refusal', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/sub/c': new Uint8Array(7), [PARTS]: TORRENT.pieceBytes(SHARED) });
    await expect(run(folder, never)).rejects.toMatchObject({ detail: { errno: 'EEXIST' } });
    expect(await filesBelow(folder)).toEqual([PARTS, 'album/sub/c']);
    // It is there for a run that may go on.
    await rm(path.join(folder, 'album/sub/c'));
    const result = await run(folder, never);
    expect(result.downloadedBytes).toBe(metainfo.geometry.totalLength - 16_384);
    await expectWhole(folder, TORRENT);
  });
});
