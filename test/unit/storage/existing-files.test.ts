// What becomes of files that are there already: existing-files, with the checker and the resume file, on real files.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { appendFile, chmod, mkdir, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { copySpy } from '../../support/copy-spy.js';
import { openTorrentFiles, type OpenTorrentFilesOptions, type TorrentFiles } from '../../support/open-torrent-files.js';
import { driveStore, PEER_A, type StoreDriver } from '../../support/store-driver.js';
import { damaged, expectSameBytes, putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 50_000],
    ['empty', 0],
    ['sub/b', 70_000],
  ],
});
const { metainfo } = TORRENT;
const A = TORRENT.fileBytes(0);
const B = TORRENT.fileBytes(2);

/** Pieces 0 … 2 lie in a alone, 3 in both, 4 … 7 in b. */
const PIECE_COUNT = 8;

async function open(folder: string, options: Partial<OpenTorrentFilesOptions> = {}): Promise<TorrentFiles> {
  return openTorrentFiles({
    metainfo,
    folder,
    mode: 'download',
    overwrite: 'repair',
    fsync: false,
    syncWriteBytes: 262_144,
    openFiles: new OpenFiles(64),
    hashPool: new HashPool(0, CONFIG.hashing),
    ...options,
  });
}

/** Downloads what is missing from a peer that has everything. */
async function complete(files: TorrentFiles): Promise<StoreDriver> {
  const driver = driveStore(TORRENT, files.storage, { have: files.have });
  for (const piece of metainfo.geometry.pieces()) {
    if (files.have.has(piece)) continue;
    driver.sendPiece(PEER_A, piece);
    driver.store.store(piece, 'never');
    expect(await driver.next()).toEqual({ type: 'stored', piece });
  }
  await driver.store.close();
  return driver;
}

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .toSorted();
}

function expectWhole(folder: string): void {
  expect(list(folder)).toEqual(['album/a', 'album/empty', 'album/sub/b']);
  expectSameBytes(readFileSync(path.join(folder, 'album/a')), A);
  expectSameBytes(readFileSync(path.join(folder, 'album/sub/b')), B);
}

describe('a first run', () => {
  test('finds nothing, reads nothing and makes nothing', async () => {
    const folder = path.join(await makeTempFolder(), 'new');
    const files = await open(folder);
    expect(files.have.isEmpty).toBe(true);
    expect(files.checkedBytes).toBe(0);
    expect(existsSync(folder)).toBe(false);
    await complete(files);
    expectWhole(folder);
  });

  test('empty files come with the last piece', async () => {
    const folder = await makeTempFolder();
    const files = await open(folder);
    const driver = driveStore(TORRENT, files.storage);
    for (let piece = 0; piece < PIECE_COUNT; piece++) {
      expect(existsSync(path.join(folder, 'album/empty'))).toBe(false);
      driver.sendPiece(PEER_A, piece);
      driver.store.store(piece as PieceIndex, 'never');
      await driver.next();
    }
    expect(existsSync(path.join(folder, 'album/empty'))).toBe(true);
    await driver.store.close();
  });

  test('a torrent of empty files is complete at once', async () => {
    const folder = await makeTempFolder();
    const empty = storedTorrent({
      pieceLength: 16_384,
      files: [
        ['x', 0],
        ['sub/y', 0],
      ],
    });
    const files = await open(folder, { metainfo: empty.metainfo });
    expect(files.have.isFull).toBe(true);
    expect(list(folder)).toEqual(['album/sub/y', 'album/x']);
  });
});

describe('a run on finished data', () => {
  test('is complete after reading it, and changes nothing', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/empty': new Uint8Array(), 'album/sub/b': B });
    const progress: number[] = [];
    const files = await open(folder, { overwrite: 'never', onProgress: (checked, total) => progress.push(checked / total) });
    expect(files.have.isFull).toBe(true);
    expect(files.checkedBytes).toBe(120_000);
    expect(progress.at(-1)).toBe(1);
    expectWhole(folder);
  });

  test('makes an empty file that is missing', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/sub/b': B });
    expect((await open(folder)).have.isFull).toBe(true);
    expectWhole(folder);
  });

  test('whole part files only get their names', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a.part': A, 'album/sub/b.part': B });
    expect((await open(folder)).have.isFull).toBe(true);
    expectWhole(folder);
  });

  test('a file that is only too long is cut, by way of a copy', async () => {
    const folder = await makeTempFolder();
    const long = new Uint8Array(80_000);
    long.set(B);
    await putFiles(folder, { 'album/a': A, 'album/sub/b': long });
    expect((await open(folder)).have.isFull).toBe(true);
    expectWhole(folder);
  });
});

describe('files that differ', () => {
  test('are repaired in a copy: the original stays until the new one is whole', async () => {
    const folder = await makeTempFolder();
    const bad = damaged(B, 40_000);
    await putFiles(folder, { 'album/a': A, 'album/sub/b': bad });
    await chmod(path.join(folder, 'album/sub/b'), 0o444);
    const files = await open(folder);
    expect([...files.have].length).toBe(PIECE_COUNT - 1);
    expectSameBytes(readFileSync(path.join(folder, 'album/sub/b')), bad);
    expectSameBytes(readFileSync(path.join(folder, 'album/sub/b.part')), bad);
    await complete(files);
    expectWhole(folder);
  });

  test('of which nothing matches are not copied, and stay until the new one is whole', async () => {
    const folder = await makeTempFolder();
    const other = new Uint8Array(70_000).fill(1);
    await putFiles(folder, { 'album/sub/b': other });
    const files = await open(folder);
    expect(list(folder)).toEqual(['album/sub/b']);
    await complete(files);
    expectWhole(folder);
  });

  test('that are too short keep the pieces that match', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A.subarray(0, 40_000) });
    const files = await open(folder);
    expect([...files.have]).toEqual([0, 1]);
    await complete(files);
    expectWhole(folder);
  });

  test('a run that fails leaves them no worse', async () => {
    const folder = await makeTempFolder();
    const bad = damaged(A, 20_000);
    await putFiles(folder, { 'album/a': bad });
    const disk: Disk = {
      ...REAL_DISK,
      writeSync: () => {
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      },
    };
    const files = await open(folder, { disk });
    const driver = driveStore(TORRENT, files.storage, { have: files.have });
    driver.sendPiece(PEER_A, 1);
    driver.store.store(1 as PieceIndex, 'never');
    expect(await driver.next()).toMatchObject({ type: 'failed', error: { detail: { errno: 'ENOSPC' } } });
    await driver.store.close();
    expectSameBytes(readFileSync(path.join(folder, 'album/a')), bad);
    await complete(await open(folder));
    expectWhole(folder);
  });

  test('a copy that fails leaves nothing behind', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': damaged(A, 20_000) });
    const copy = copySpy({ canClone: false, onWrite: () => Object.assign(new Error('full'), { code: 'ENOSPC' }) });
    await expect(open(folder, { disk: copy.disk })).rejects.toMatchObject({ detail: { operation: 'copy', errno: 'ENOSPC' } });
    expect(list(folder)).toEqual(['album/a']);
  });

  test('are copied in steps, which a signal ends: nothing is left, and the next run begins the copy again', async () => {
    const folder = await makeTempFolder();
    const bad = damaged(B, 40_000);
    await putFiles(folder, { 'album/a': A, 'album/sub/b': bad });
    const stop = new AbortController();
    const copy = copySpy({
      canClone: false,
      onWrite: (count) => {
        if (count === 2) stop.abort(new Error('enough'));
        return null;
      },
    });
    const options = { disk: copy.disk, copyStepBytes: 10_000 };
    await expect(open(folder, { ...options, signal: stop.signal })).rejects.toThrow('enough');
    expect(copy.writes()).toEqual([10_000, 10_000]);
    expect(list(folder)).toEqual(['album/a', 'album/sub/b']);
    expectSameBytes(readFileSync(path.join(folder, 'album/sub/b')), bad);
    const files = await open(folder, options);
    expect(copy.writes().slice(2)).toEqual(Array(7).fill(10_000));
    expectSameBytes(readFileSync(path.join(folder, 'album/sub/b.part')), bad);
    await complete(files);
    expectWhole(folder);
  });

  test('are refused where nothing may be overwritten, before anything is written', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a.part': A, 'album/sub/b': damaged(B, 60_000) });
    await expect(open(folder, { overwrite: 'never' })).rejects.toMatchObject({
      code: 'storage_failed',
      detail: { operation: 'open', path: path.join(folder, 'album/sub/b'), errno: 'EEXIST' },
    });
    expect(list(folder)).toEqual(['album/a.part', 'album/sub/b']);
  });

  test('a folder in the place of a file is refused', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'album/a'), { recursive: true });
    await expect(open(folder)).rejects.toMatchObject({ detail: { operation: 'open', errno: 'EISDIR' } });
  });
});

describe('part files of an earlier run', () => {
  test('are gone on with, and count more than a file of that name', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': damaged(A, 0), 'album/a.part': damaged(A, 49_999) });
    const files = await open(folder);
    expect([...files.have]).toEqual([0, 1, 2]);
    await complete(files);
    expectWhole(folder);
  });

  test('are cut where they are too long', async () => {
    const folder = await makeTempFolder();
    const long = new Uint8Array(60_000);
    long.set(A);
    await putFiles(folder, { 'album/a.part': long });
    await complete(await open(folder));
    expectWhole(folder);
  });

  test('only pieces whose files are there and long enough are read', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/sub/b.part': B.subarray(0, 40_000) });
    const files = await open(folder);
    expect([...files.have]).toEqual([4]);
    expect(files.checkedBytes).toBe(16_384);
  });
});

describe('the resume file', () => {
  /** The first five pieces are there, the state is saved. */
  async function interrupted(): Promise<string> {
    const folder = await makeTempFolder();
    const files = await open(folder);
    const driver = driveStore(TORRENT, files.storage);
    for (let piece = 0; piece < 5; piece++) {
      driver.sendPiece(PEER_A, piece);
      driver.store.store(piece as PieceIndex, 'never');
      await driver.next();
    }
    await driver.store.close();
    files.resumeFile.save(driver.store.have);
    return folder;
  }

  test('saves the reading of what it vouches for', async () => {
    const folder = await interrupted();
    const files = await open(folder);
    expect([...files.have]).toEqual([0, 1, 2, 3, 4]);
    expect(files.resumed).toBe(true);
    expect(files.checkedBytes).toBe(0);
    await complete(files);
    files.resumeFile.remove();
    expectWhole(folder);
  });

  test('a file that changed is read again, with the pieces it shares', async () => {
    const folder = await interrupted();
    await appendFile(path.join(folder, 'album/sub/b.part'), TORRENT.pieceBytes(5));
    const files = await open(folder);
    expect([...files.have]).toEqual([0, 1, 2, 3, 4, 5]);
    // Pieces 3 and 4 and 5; what follows has no bytes yet.
    expect(files.checkedBytes).toBe(3 * 16_384);
  });

  test('never makes bad data good once the file was touched', async () => {
    const folder = await interrupted();
    await putFiles(folder, { 'album/a': damaged(A, 100) });
    await utimes(path.join(folder, 'album/a'), 5, 5);
    const files = await open(folder);
    expect(files.have.has(0 as PieceIndex)).toBe(false);
    await complete(files);
    files.resumeFile.remove();
    expectWhole(folder);
  });

  test('is believed only about what is still there', async () => {
    const folder = await interrupted();
    await rm(path.join(folder, 'album/a'));
    const files = await open(folder);
    expect([...files.have]).toEqual([4]);
    expect(files.checkedBytes).toBe(0);
    await complete(files);
  });

  test('is removed where everything turns out to be there', async () => {
    const folder = await interrupted();
    await putFiles(folder, { 'album/sub/b.part': B });
    await open(folder);
    expectWhole(folder);
  });
});

describe('seeding', () => {
  test('looks at names only and changes nothing', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': A, 'album/sub/b': damaged(B, 60_000), 'album/sub/b.part': B });
    const files = await open(folder, { mode: 'seed' });
    expect([...files.have]).toEqual([0, 1, 2, 3, 4, 5, 7]);
    expect(list(folder)).toEqual(['album/a', 'album/sub/b', 'album/sub/b.part']);
    const driver = driveStore(TORRENT, files.storage, { have: files.have });
    expectSameBytes(await driver.store.read(3 as PieceIndex, 0, 16_384), TORRENT.pieceBytes(3));
    await driver.store.close();
  });
});

test('checking can be stopped', async () => {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a': A });
  await expect(open(folder, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
