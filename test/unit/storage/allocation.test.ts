// Space that is taken before the first byte comes: lengths, blocks, what is there stays, and a full disk is left as it was.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { allocateFiles } from '../../../src/storage/allocation.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { expectSameBytes, putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 50_000],
    ['padding', 15_536],
    ['empty', 0],
    ['sub/b', 70_000],
  ],
});
const { metainfo } = TORRENT;
const B = TORRENT.fileBytes(3);

function terms(
  folder: string,
  mode: 'sparse' | 'full',
  have: readonly number[] = [],
  disk: Disk = REAL_DISK,
): Parameters<typeof allocateFiles>[0] {
  const bitfield = new Bitfield(metainfo.geometry.pieceCount);
  for (const piece of have) bitfield.set(piece as PieceIndex);
  return { mode, metainfo, paths: new FilePaths(folder, metainfo), have: bitfield, finished: new Set(), stepBytes: 10_000, disk };
}

/** One that is full after so many bytes. */
function diskWithRoom(bytes: number): Disk {
  let room = bytes;
  const write = ((...args: [number, Uint8Array, number, number, number, (error: Error | null, count: number) => void]) => {
    const [fd, data, at, length, offset, done] = args;
    room -= length;
    if (room < 0) done(Object.assign(new Error('no space'), { code: 'ENOSPC' }), 0);
    else REAL_DISK.write(fd, data, at, length, offset, done);
  }) as never;
  return { ...REAL_DISK, write };
}

test('sparse: every file has its length, in no time; empty ones and padding are not made', async () => {
  const folder = await makeTempFolder();
  await allocateFiles(terms(folder, 'sparse'));
  expect(statSync(path.join(folder, 'album/a.part')).size).toBe(50_000);
  expect(statSync(path.join(folder, 'album/sub/b.part')).size).toBe(70_000);
  expect(existsSync(path.join(folder, 'album/empty'))).toBe(false);
  expect(existsSync(path.join(folder, 'album/empty.part'))).toBe(false);
  expect(existsSync(path.join(folder, 'album/.pad'))).toBe(false);
});

test('full: it takes up its length, and says how far it is', async () => {
  const folder = await makeTempFolder();
  const progress: [number, number][] = [];
  await allocateFiles({ ...terms(folder, 'full'), onProgress: (done, total) => progress.push([done, total]) });
  for (const [name, length] of [
    ['a.part', 50_000],
    ['sub/b.part', 70_000],
  ] as const) {
    const stat = statSync(path.join(folder, 'album', name));
    expect(stat.size).toBe(length);
    expect(stat.blocks * 512).toBeGreaterThanOrEqual(length);
  }
  expect(progress[0]).toEqual([10_000, 120_000]);
  expect(progress.at(-1)).toEqual([120_000, 120_000]);
});

test('full: verified bytes stay, holes around them are filled, and a second time nothing is written', async () => {
  const folder = await makeTempFolder();
  // b begins with piece 4; its second piece is there, behind a hole.
  const part = new Uint8Array(32_768);
  part.set(B.subarray(16_384, 32_768), 16_384);
  await putFiles(folder, { 'album/sub/b.part': part });
  await allocateFiles(terms(folder, 'full', [5]));
  const after = new Uint8Array(readFileSync(path.join(folder, 'album/sub/b.part')));
  expect(after.length).toBe(70_000);
  expectSameBytes(after.subarray(16_384, 32_768), B.subarray(16_384, 32_768));
  expect(after.subarray(32_768).every((byte) => byte === 0)).toBe(true);
  const again: number[] = [];
  await allocateFiles({ ...terms(folder, 'full', [5]), onProgress: (done) => again.push(done) });
  expect(again).toEqual([]);
});

test('a full disk: what was made is gone, what was there has its old size', async () => {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/sub/b.part': B.subarray(0, 20_000) });
  const disk = diskWithRoom(90_000);
  await expect(allocateFiles(terms(folder, 'full', [], disk))).rejects.toMatchObject({
    code: 'storage_failed',
    detail: { operation: 'allocate', errno: 'ENOSPC' },
  });
  expect(existsSync(path.join(folder, 'album/a.part'))).toBe(false);
  expect(statSync(path.join(folder, 'album/sub/b.part')).size).toBe(20_000);
});

test('a signal ends it between two steps, and the next run goes on', async () => {
  const folder = await makeTempFolder();
  const stop = new AbortController();
  const allocating = allocateFiles({
    ...terms(folder, 'full'),
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await expect(allocating).rejects.toThrow('enough');
  expect(statSync(path.join(folder, 'album/a.part')).size).toBe(10_000);
  await allocateFiles(terms(folder, 'full'));
  expect(statSync(path.join(folder, 'album/a.part')).size).toBe(50_000);
});

test('a part file that is too long is left to the check', async () => {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a.part': new Uint8Array(10) });
  await truncate(path.join(folder, 'album/a.part'), 60_000);
  await allocateFiles(terms(folder, 'sparse'));
  expect(statSync(path.join(folder, 'album/a.part')).size).toBe(60_000);
});

describe('the parts file of a choice', () => {
  const HIDDEN = '.effusion-01234567.parts';

  /** Room for two slots of it, the second of which lies behind one that nobody wants. */
  function withParts(folder: string, mode: 'sparse' | 'full', disk: Disk = REAL_DISK): Parameters<typeof allocateFiles>[0] {
    const missing = [
      { offset: 0, length: 16_384 },
      { offset: 32_768, length: 15_000 },
    ];
    return { ...terms(folder, mode, [], disk), parts: { path: path.join(folder, HIDDEN), components: [HIDDEN], missing } };
  }

  test('full: its missing pieces take up their space too, and what is between them stays', async () => {
    const folder = await makeTempFolder();
    const kept = new Uint8Array(32_768).fill(9);
    await putFiles(folder, { [HIDDEN]: kept });
    const progress: number[] = [];
    await allocateFiles({ ...withParts(folder, 'full'), onProgress: (_done, total) => progress.push(total) });
    const after = new Uint8Array(readFileSync(path.join(folder, HIDDEN)));
    expect(after.length).toBe(32_768 + 15_000);
    expect(after.subarray(0, 16_384).every((byte) => byte === 0)).toBe(true);
    expectSameBytes(after.subarray(16_384, 32_768), kept.subarray(16_384));
    expect(statSync(path.join(folder, HIDDEN)).blocks * 512).toBeGreaterThanOrEqual(after.length);
    expect(new Set(progress)).toEqual(new Set([120_000 + 16_384 + 15_000]));
  });

  test('sparse: it is not made, as its length alone is of no use', async () => {
    const folder = await makeTempFolder();
    await allocateFiles(withParts(folder, 'sparse'));
    expect(existsSync(path.join(folder, HIDDEN))).toBe(false);
  });

  test('a full disk: it is as it was before', async () => {
    const folder = await makeTempFolder();
    await expect(allocateFiles(withParts(folder, 'full', diskWithRoom(130_000)))).rejects.toMatchObject({
      detail: { operation: 'allocate', errno: 'ENOSPC', path: path.join(folder, HIDDEN) },
    });
    expect(existsSync(path.join(folder, HIDDEN))).toBe(false);
    expect(existsSync(path.join(folder, 'album/a.part'))).toBe(false);
  });
});
