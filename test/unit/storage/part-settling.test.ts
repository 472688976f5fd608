// Part files beside whole files, part files of other programs, and copies that a run was killed over.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { toHex } from '../../../src/model/ids.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import type { OverwriteRule } from '../../../src/storage/existing-files.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { openTorrentFiles, type TorrentFiles } from '../../support/open-torrent-files.js';
import { driveStore, PEER_A } from '../../support/store-driver.js';
import { damaged, expectSameBytes, putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** Pieces 0 … 2 lie in a alone, 3 in both, 4 … 7 in b. */
const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 50_000],
    ['b', 70_000],
  ],
});
const { metainfo } = TORRENT;
const A = TORRENT.fileBytes(0);
const B = TORRENT.fileBytes(1);
const OWN = `.effusion-${toHex(metainfo.infoHash.v1 ?? new Uint8Array()).slice(0, 8)}`;

/** Longer than b, and nothing of it matches. */
const FOREIGN = new Uint8Array(80_000).fill(7);

async function open(folder: string, overwrite: OverwriteRule = 'repair', disk: Disk = REAL_DISK): Promise<TorrentFiles> {
  const openFiles = new OpenFiles(64);
  const hashPool = new HashPool(0, CONFIG.hashing);
  const parts = { openFiles, hashPool, fsync: false, syncWriteBytes: 262_144 };
  return openTorrentFiles({ metainfo, folder, mode: 'download', overwrite, disk, ...parts });
}

/** Downloads these pieces, or what is missing. */
async function download(files: TorrentFiles, pieces: Iterable<number> = metainfo.geometry.pieces()): Promise<void> {
  const driver = driveStore(TORRENT, files.storage, { have: files.have });
  for (const piece of pieces) {
    if (files.have.has(piece as PieceIndex)) continue;
    driver.sendPiece(PEER_A, piece);
    driver.store.store(piece as PieceIndex, 'never');
    expect(await driver.next()).toEqual({ type: 'stored', piece });
  }
  await driver.store.close();
  if (driver.store.have.isFull) files.resumeFile.remove();
  else files.resumeFile.save(driver.store.have);
}

function list(folder: string): string[] {
  return readdirSync(path.join(folder, 'album')).toSorted();
}

function content(folder: string, name: string): Uint8Array {
  return readFileSync(path.join(folder, 'album', name));
}

describe('a whole file', () => {
  test.each(['repair', 'never'] as const)('needs no part file, with %s', async (overwrite) => {
    const folder = await makeTempFolder();
    await putFiles(folder, {
      'album/a': A,
      'album/a.part': new Uint8Array(9),
      'album/b': B,
      'album/b.part': B.subarray(0, 30_000),
    });
    expect((await open(folder, overwrite)).have.isFull).toBe(true);
    expect(list(folder)).toEqual(['a', 'b']);
    expectSameBytes(content(folder, 'b'), B);
  });

  test('is kept though its neighbour is not there, and the part file is made anew of it', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/b': B, 'album/b.part': new Uint8Array(9) });
    const files = await open(folder);
    expect([...files.have]).toEqual([4, 5, 6, 7]);
    await download(files);
    expect(list(folder)).toEqual(['a', 'b']);
  });

  test('that is wrong only where the part file is right does not count', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/b': damaged(B, 0), 'album/b.part': B });
    expect((await open(folder)).have.isFull).toBe(true);
    expectSameBytes(content(folder, 'b'), B);
  });

  test('stays whole beside a part file of another program, run after run', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/b': B, 'album/b.part': FOREIGN });
    await download(await open(folder), [0]);
    expect([...(await open(folder)).have]).toEqual([0, 4, 5, 6, 7]);
    await download(await open(folder));
    expect(list(folder)).toEqual(['a', 'b', 'b.part']);
    expectSameBytes(content(folder, 'b.part'), FOREIGN);
    expect((await open(folder, 'never')).have.isFull).toBe(true);
    expectSameBytes(content(folder, 'b.part'), FOREIGN);
  });
});

describe('a part file of another program', () => {
  test('is refused where nothing may be overwritten', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/b.part': FOREIGN });
    await expect(open(folder, 'never')).rejects.toMatchObject({
      detail: { operation: 'open', path: path.join(folder, 'album/b.part'), errno: 'EEXIST' },
    });
    expectSameBytes(content(folder, 'b.part'), FOREIGN);
  });

  test('is left alone: the file grows under a name of ours, which the next run finds', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/b.part': FOREIGN });
    await download(await open(folder), [4, 5]);
    expect(list(folder)).toEqual([`${OWN}-1.part`, 'b.part']);
    const files = await open(folder);
    expect([...files.have]).toEqual([4, 5]);
    expect(files.checkedBytes).toBe(0);
    await download(files);
    expect(list(folder)).toEqual(['a', 'b', 'b.part']);
    expectSameBytes(content(folder, 'b.part'), FOREIGN);
    expectSameBytes(content(folder, 'b'), B);
  });

  test('is not what a run left that was killed before its first piece', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/b.part': new Uint8Array(70_000) });
    await download(await open(folder, 'never'));
    expect(list(folder)).toEqual(['a', 'b']);
  });
});

describe('a copy for repair', () => {
  test('gets the part name only when it is done, so that a kill hides nothing', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/b': damaged(B, 69_999) });
    let target = '';
    const disk: Disk = {
      ...REAL_DISK,
      copyFile: ((from: string, to: string, mode: number, done: (error: NodeJS.ErrnoException | null) => void) => {
        target = to;
        expect(existsSync(path.join(folder, 'album/b.part'))).toBe(false);
        REAL_DISK.copyFile(from, to, mode, done);
      }) as unknown as Disk['copyFile'],
    };
    // What a killed one leaves.
    await writeFile(path.join(folder, `album/${OWN}-1.copy`), 'half');
    await writeFile(path.join(folder, `album/${OWN}-7.copy`), 'of nobody');
    const files = await open(folder, 'repair', disk);
    expect(target).toBe(path.join(folder, `${OWN}-1.copy`));
    expect([...files.have].length).toBe(7);
    expect(list(folder)).toEqual([`${OWN}-7.copy`, 'a', 'b', 'b.part']);
  });

  test('is removed by the next run that finds the file whole', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/b': B, [`album/${OWN}-0.copy`]: new Uint8Array(5) });
    expect((await open(folder)).have.isFull).toBe(true);
    expect(list(folder)).toEqual(['a', 'b']);
  });

  test('is removed by the next run too where that places the files otherwise', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/b': B, [`${OWN}-1.copy`]: new Uint8Array(5) });
    expect((await open(folder)).have.isFull).toBe(true);
    expect(readdirSync(folder)).toEqual(['album']);
  });

  test('is made beside its place where that is on another file system', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/b': damaged(B, 69_999) });
    const targets: string[] = [];
    const isMounted = (at: unknown): boolean => String(at).startsWith(path.join(folder, 'album'));
    const disk: Disk = {
      ...REAL_DISK,
      renameSync: (from, to) => {
        if (isMounted(from) !== isMounted(to)) throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
        REAL_DISK.renameSync(from, to);
      },
      copyFile: ((from: string, to: string, mode: number, done: (error: NodeJS.ErrnoException | null) => void) => {
        targets.push(to);
        REAL_DISK.copyFile(from, to, mode, done);
      }) as unknown as Disk['copyFile'],
    };
    await open(folder, 'repair', disk);
    expect(targets).toEqual([path.join(folder, `album/${OWN}-1.copy`)]);
    expect(list(folder)).toEqual(['a', 'b', 'b.part']);
  });

  test.runIf(process.platform !== 'win32')('lets nobody read who could not before', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/b': damaged(B, 69_999) });
    await chmod(path.join(folder, 'album/b'), 0o400);
    const files = await open(folder);
    expect(statSync(path.join(folder, 'album/b.part')).mode & 0o777).toBe(0o600);
    await download(files);
    expect(statSync(path.join(folder, 'album/b')).mode & 0o777).toBe(0o600);
  });
});
