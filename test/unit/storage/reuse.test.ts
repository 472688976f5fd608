// Data taken from elsewhere: under any name, as far as its pieces are right, and never instead of something better.

import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { scanFiles } from '../../../src/storage/file-scan.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import { copyReusable, findReusable, type ReuseOptions, type ReuseResult } from '../../../src/storage/reuse.js';
import { findBySize } from '../../../src/storage/reuse-search.js';
import { damaged, expectSameBytes, putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** Pieces 0 … 2 lie in a alone, 3 in a and b, 4 … 6 in b alone, 7 in b, c and d, which are smaller than a piece. */
const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 50_000],
    ['sub/b', 70_000],
    ['c', 300],
    ['d', 301],
  ],
});
const { metainfo } = TORRENT;
const [A, B, C, D] = [0, 1, 2, 3].map((file) => TORRENT.fileBytes(file));

interface Setting {
  readonly folder: string;
  readonly elsewhere: string;
  readonly paths: FilePaths;
}

async function prepare(files: Readonly<Record<string, Uint8Array>>): Promise<Setting> {
  const folder = await makeTempFolder();
  const elsewhere = path.join(folder, 'elsewhere');
  await mkdir(elsewhere);
  await putFiles(elsewhere, files);
  return { folder, elsewhere, paths: new FilePaths(path.join(folder, 'out'), metainfo) };
}

async function find(
  { elsewhere, paths }: Setting,
  have: readonly number[] = [],
  options: Partial<ReuseOptions> = {},
): Promise<ReuseResult> {
  const bitfield = new Bitfield(metainfo.geometry.pieceCount);
  for (const piece of have) bitfield.set(piece as PieceIndex);
  const hashPool = new HashPool(0, CONFIG.hashing);
  const found = scanFiles({ metainfo, paths });
  return findReusable({
    metainfo,
    paths,
    found,
    have: bitfield,
    folders: [elsewhere],
    limits: CONFIG.storage.reuse,
    hashPool,
    ...options,
  });
}

const sources = ({ files }: ReuseResult): Record<number, string> =>
  Object.fromEntries(files.map(({ file, from }) => [file, path.basename(from)]));

describe('found', () => {
  test('under other names, in other folders, and pieces of several files where all are at hand', async () => {
    const setting = await prepare({ 'x/renamed a': A, 'x/y/z': B, c: C, q: D });
    const result = await find(setting);
    expect(sources(result)).toEqual({ 0: 'renamed a', 1: 'z', 2: 'c', 3: 'q' });
    expect(result.have.isFull).toBe(true);
  });

  test('with one wrong byte: all but that piece', async () => {
    const setting = await prepare({ b: damaged(B, 40_000) });
    const result = await find(setting);
    expect(sources(result)).toEqual({ 1: 'b' });
    expect([...result.have]).toEqual([4, 6]);
  });

  test('the right one of several of the same size, and the better of two', async () => {
    const wrong = TORRENT.content.subarray(1, 50_001);
    const setting = await prepare({ 1: wrong, 2: damaged(A, 20_000), 3: A, 4: wrong });
    expect(sources(await find(setting))).toEqual({ 0: '3' });
    const without = await prepare({ 1: damaged(damaged(A, 100), 20_000), 2: damaged(A, 20_000) });
    const result = await find(without);
    expect(sources(result)).toEqual({ 0: '2' });
    expect([...result.have]).toEqual([0, 2]);
  });

  test('a file that no piece lies in alone: by its name or as the only one, and only if it fits its neighbours', async () => {
    const named = await prepare({ b: B, 'x/c': C, 'y/other': damaged(C, 1), d: D });
    expect((await find(named)).have.has(7 as PieceIndex)).toBe(true);
    const wrong = await prepare({ b: B, c: damaged(C, 1), d: D });
    expect(sources(await find(wrong))).toEqual({ 1: 'b' });
    const alone = await prepare({ c: C, d: D });
    expect(sources(await find(alone))).toEqual({});
  });

  test('what the folder itself has is a neighbour too', async () => {
    const setting = await prepare({ renamed: B });
    await putFiles(path.join(setting.folder, 'out'), { 'album/a': A });
    const result = await find(setting, [0, 1, 2]);
    expect(sources(result)).toEqual({ 1: 'renamed' });
    expect([...result.have]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('only where it brings more than there is', async () => {
    const setting = await prepare({ whole: A, worse: damaged(B, 40_000) });
    expect(sources(await find(setting, [0, 5]))).toEqual({ 0: 'whole' });
    expect(sources(await find(setting, [0, 1, 2, 5]))).toEqual({});
    expect(sources(await find(setting, [0, 1, 2]))).toEqual({ 1: 'worse' });
  });

  test('nothing of another size, no link, nothing of ours, and not the file itself', async () => {
    const setting = await prepare({ longer: new Uint8Array([...A, 0]), '.effusion-00000000-0.part': A });
    symlinkSync(path.join(setting.folder, 'real'), path.join(setting.elsewhere, 'linked'));
    await putFiles(path.join(setting.folder, 'real'), { a: A });
    symlinkSync(path.join(setting.folder, 'real/a'), path.join(setting.elsewhere, 'link'));
    expect(sources(await find(setting))).toEqual({});
    await putFiles(path.join(setting.folder, 'out'), { 'album/a': A });
    expect(sources(await find(setting, [], { folders: [path.join(setting.folder, 'out')] }))).toEqual({});
  });
});

test('what is found is copied to where files grow, and stays where it was', async () => {
  const setting = await prepare({ 'renamed b': B });
  const { files } = await find(setting);
  await copyReusable(files, { metainfo, paths: setting.paths, stepBytes: 10_000 });
  expectSameBytes(readFileSync(path.join(setting.folder, 'out/album/sub/b.part')), B);
  expectSameBytes(readFileSync(path.join(setting.elsewhere, 'renamed b')), B);
  expect(existsSync(path.join(setting.folder, 'out/album/sub/b'))).toBe(false);
});

test('a copy that can not be made leaves nothing', async () => {
  const setting = await prepare({ 'renamed b': B });
  const { files } = await find(setting);
  const renameSync = (): never => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  const disk = { ...REAL_DISK, renameSync };
  await expect(copyReusable(files, { metainfo, paths: setting.paths, stepBytes: 10_000, disk })).rejects.toMatchObject({
    detail: { operation: 'copy', errno: 'ENOSPC' },
  });
  expect([...(await findBySize([path.join(setting.folder, 'out')], new Set([70_000]), CONFIG.storage.reuse, REAL_DISK))]).toEqual(
    [],
  );
});

describe('the search', () => {
  test('has bounds: of names in all, and of files of one size', async () => {
    const setting = await prepare({ 1: new Uint8Array(5), 2: new Uint8Array(5), 3: new Uint8Array(5), 4: new Uint8Array(6) });
    const search = async (maxEntries: number, maxOfOneSize: number): Promise<string[]> => {
      const found = await findBySize([setting.elsewhere], new Set([5, 6]), { maxEntries, maxOfOneSize }, REAL_DISK);
      return [...found.values()].flat().map((location) => path.basename(location));
    };
    expect(await search(100, 100)).toEqual(['1', '2', '3', '4']);
    expect(await search(2, 100)).toEqual(['1', '2']);
    expect(await search(100, 1)).toEqual(['1', '4']);
  });

  test('a folder that is named twice is one, and one that is not there is an error', async () => {
    const setting = await prepare({ 1: new Uint8Array(5) });
    const found = await findBySize([setting.elsewhere, setting.elsewhere], new Set([5]), CONFIG.storage.reuse, REAL_DISK);
    expect(found.get(5)).toHaveLength(1);
    const missing = findBySize([path.join(setting.folder, 'nowhere')], new Set([5]), CONFIG.storage.reuse, REAL_DISK);
    await expect(missing).rejects.toMatchObject({ code: 'storage_failed', detail: { errno: 'ENOENT' } });
  });

  test('the signal ends it', async () => {
    const setting = await prepare({ 1: new Uint8Array(5) });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(findBySize([setting.elsewhere], new Set([5]), CONFIG.storage.reuse, REAL_DISK, signal)).rejects.toThrow(
      'enough',
    );
  });
});
