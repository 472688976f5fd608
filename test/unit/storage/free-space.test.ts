// How much is needed where, and when that is too much; the file systems are made up.

import { statSync } from 'node:fs';
import { mkdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SpaceLedger } from '../../../src/engine/space-ledger.js';
import { Bitfield } from '../../../src/model/bitfield.js';
import { StorageError } from '../../../src/model/error.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { measureSpace, refuseWhereFull, type SpaceOptions } from '../../../src/storage/free-space.js';
import { putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 50_000],
    ['padding', 15_536],
    ['sub/b', 70_000],
  ],
});
const { metainfo } = TORRENT;

/** What lies below `inc` is on a device of its own. */
function disk(inc: string | null, statfs: Partial<ReturnType<Disk['statfsSync']>> = {}): Disk {
  const statSyncOf = ((at: string) => {
    const stat = statSync(at);
    return Object.assign(stat, { dev: inc !== null && at.startsWith(inc) ? 2 : 1 });
  }) as never;
  const statfsSync = (() => ({ bavail: 100, bsize: 1000, blocks: 500, ...statfs })) as never;
  return { ...REAL_DISK, statSync: statSyncOf, statfsSync };
}

function terms(folder: string, options: Partial<SpaceOptions> & { readonly inc?: string } = {}): SpaceOptions {
  const paths = new FilePaths(path.join(folder, 'out'), metainfo, options.inc);
  return {
    metainfo,
    paths,
    have: new Bitfield(metainfo.geometry.pieceCount),
    finished: new Set(),
    disk: disk(options.inc ?? null),
    ...options,
  };
}

describe('needed', () => {
  test('all of it, padding not counted; the folder need not be there', async () => {
    const folder = await makeTempFolder();
    expect(measureSpace(terms(folder))).toEqual([
      { folder: path.join(folder, 'out'), device: 1, neededBytes: 120_000, freeBytes: 100_000 },
    ]);
  });

  test('nothing is asked of the disk about a file of which nothing was found', async () => {
    const folder = await makeTempFolder();
    await putFiles(path.join(folder, 'out'), {
      'album/a.part': new Uint8Array(50_000),
      'album/sub/b.part': new Uint8Array(70_000),
    });
    const asked: string[] = [];
    const lstatSync = ((at: string, options: object) => {
      asked.push(path.basename(at));
      return REAL_DISK.lstatSync(at, options);
    }) as never;
    const nothing = { name: null, part: null };
    const stamp = { size: 70_000, mtimeMs: 1 } as never;
    measureSpace({
      ...terms(folder),
      disk: { ...disk(null), lstatSync },
      found: [nothing, nothing, { name: null, part: stamp }],
    });
    expect(asked).toEqual(['b.part']);
  });

  test('less what files take up, and nothing for those that are whole', async () => {
    const folder = await makeTempFolder();
    await putFiles(path.join(folder, 'out'), { 'album/sub/b.part': TORRENT.fileBytes(2).subarray(0, 40_000) });
    const blocks = statSync(path.join(folder, 'out/album/sub/b.part')).blocks * 512;
    expect(blocks).toBeGreaterThanOrEqual(40_000);
    expect(measureSpace(terms(folder, { finished: new Set([0]) }))[0].neededBytes).toBe(70_000 - blocks);
  });

  test('a file of holes takes up nothing', async () => {
    const folder = await makeTempFolder();
    await putFiles(path.join(folder, 'out'), { 'album/a.part': new Uint8Array() });
    await truncate(path.join(folder, 'out/album/a.part'), 50_000);
    expect(measureSpace(terms(folder))[0].neededBytes).toBe(120_000);
  });

  test('verified pieces are there, whatever the blocks say', async () => {
    const folder = await makeTempFolder();
    const have = new Bitfield(metainfo.geometry.pieceCount);
    have.set(0 as PieceIndex);
    expect(measureSpace(terms(folder, { have }))[0].neededBytes).toBe(120_000 - 16_384);
  });

  test('pieces that are kept whole for some of their files, less what their file takes up', async () => {
    const folder = await makeTempFolder();
    const parts = { path: path.join(folder, 'out/.effusion-01234567.parts'), bytes: 40_000 };
    expect(measureSpace(terms(folder, { parts }))[0].neededBytes).toBe(160_000);
    await putFiles(path.join(folder, 'out'), { '.effusion-01234567.parts': new Uint8Array(16_384).fill(1) });
    const blocks = statSync(parts.path).blocks * 512;
    expect(blocks).toBeGreaterThanOrEqual(16_384);
    expect(measureSpace(terms(folder, { parts }))[0].neededBytes).toBe(160_000 - blocks);
  });

  test('where files grow on another file system: what is missing there, and whole files in the output folder', async () => {
    const folder = await makeTempFolder();
    const inc = path.join(folder, 'inc');
    await mkdir(inc);
    await putFiles(inc, { 'album/a.part': TORRENT.fileBytes(0) });
    const needs = measureSpace(terms(folder, { inc }));
    expect(needs.map(({ device, neededBytes }) => [device, neededBytes])).toEqual([
      [2, 70_000],
      [1, 120_000],
    ]);
  });

  test('a file system that tells no size is not asked for more', async () => {
    const folder = await makeTempFolder();
    const [need] = measureSpace(terms(folder, { disk: disk(null, { blocks: 0, bavail: 0 }) }));
    expect(need.freeBytes).toBeNull();
    expect(() => refuseWhereFull(need, 0)).not.toThrow();
  });
});

describe('too little', () => {
  const need = { folder: 'out', device: 1, neededBytes: 5_000_000, freeBytes: 4_999_999 };

  test('is refused, with both numbers and what to do', () => {
    expect(() => refuseWhereFull(need, 0)).toThrow(StorageError);
    expect(() => refuseWhereFull(need, 0)).toThrow(
      expect.objectContaining({
        message: 'not enough space on the file system of out: 4.8 MiB are needed, 4.7 MiB are free (ENOSPC)',
        advice: expect.stringContaining('--no-space-check'),
      }),
    );
  });

  test('what others still need counts, and one that needs nothing is never refused', () => {
    expect(() => refuseWhereFull({ ...need, freeBytes: 6_000_000 }, 0)).not.toThrow();
    expect(() => refuseWhereFull({ ...need, freeBytes: 6_000_000 }, 1_000_001)).toThrow('and 1.0 MiB for what else is under way');
    expect(() => refuseWhereFull({ ...need, neededBytes: 0, freeBytes: 0 }, 10)).not.toThrow();
  });
});

test('claims shrink, end, and are of one file system', () => {
  const ledger = new SpaceLedger();
  let left = 100;
  const giveBack = ledger.claim(1, () => left);
  ledger.claim(2, () => 7);
  ledger.claim(1, () => -5);
  expect([ledger.claimedOn(1), ledger.claimedOn(2), ledger.claimedOn(3)]).toEqual([100, 7, 0]);
  left = 30;
  expect(ledger.claimedOn(1)).toBe(30);
  giveBack();
  expect(ledger.claimedOn(1)).toBe(0);
});
