// What a torrent's disk is seen to be slow at is left to the thread pool: here by a whole FileStorage, on a clock of its own.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DiskPaces } from '../../../src/storage/disk-pace.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { FileStorage } from '../../../src/storage/file-storage.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { expectSameBytes, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const LIMITS = {
  slowOpenMs: 1,
  slowOpens: 3,
  slowPauseMs: 2000,
  slowStepMs: 10,
  slowBudgetMs: 40,
  slowShare: 0.1,
  stepBytes: 65_536,
  pieceBudgetBytes: 100_000,
};

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: Array.from({ length: 8 }, (_, index) => [`f${index}`, 16_384] as const),
});

/** Writes eight files, each of whose openings takes `openMs` on the loop; how each was opened. */
async function writeAll(pieceLength: number, openMs: number): Promise<string[]> {
  let now = 0;
  const opened: string[] = [];
  const disk: Disk = {
    ...REAL_DISK,
    openSync: (location, flags, mode) => {
      now += openMs;
      opened.push('loop');
      return REAL_DISK.openSync(location, flags, mode);
    },
    open: ((location: string, flags: number, mode: number, done: (error: Error | null, fd: number) => void) => {
      opened.push('pool');
      REAL_DISK.open(location, flags, mode, done);
    }) as unknown as Disk['open'],
  };
  const folder = await makeTempFolder();
  const { metainfo, content } = TORRENT;
  const storage = new FileStorage({
    files: metainfo.files,
    paths: new FilePaths(folder, metainfo),
    openFiles: new OpenFiles(64, disk),
    finished: new Set(),
    syncWriteBytes: 262_144,
    pace: new DiskPaces(LIMITS, () => now).paceIn(folder, pieceLength),
    fsync: false,
    disk,
  });
  await storage.write(0, content, 0, content.length);
  storage.close();
  for (const [index, file] of metainfo.files.entries()) {
    const part = `${path.join(folder, ...file.path)}.part`;
    expectSameBytes(await readFile(part), TORRENT.fileBytes(index));
  }
  return opened;
}

test.each([
  ['quick', 16_384, 1, { loop: 8, pool: 0 }],
  ['slow', 16_384, 2, { loop: 3, pool: 5 }],
  ['slow, under pieces whose blocks are written as they come', 50_001, 2, { loop: 8, pool: 0 }],
])('files on a disk that is %s to open them', async (_, pieceLength, openMs, { loop, pool }) => {
  expect(await writeAll(pieceLength, openMs)).toEqual([
    ...Array.from({ length: loop }, () => 'loop'),
    ...Array.from({ length: pool }, () => 'pool'),
  ]);
});

describe('torrents and their devices', () => {
  /** Folders below /fast and /slow are on devices of their own; nothing else is there. */
  const DEVICES = new Map([
    ['/fast', 1],
    ['/slow', 2],
  ]);
  const disk = {
    ...REAL_DISK,
    statSync: ((location: string) => {
      const dev = DEVICES.get(location);
      if (dev === undefined) throw new Error('not there');
      return { dev };
    }) as unknown as Disk['statSync'],
  };

  test('what one of them sees of writing holds for all on the device, and for no other', () => {
    let now = 0;
    const paces = new DiskPaces(LIMITS, () => now, disk);
    const [slow, besideIt, fast] = ['/slow/a', '/slow/b/c', '/fast/a'].map((folder) => paces.paceIn(folder, 16_384).writes);
    slow.time(() => (now += 41));
    expect([slow, besideIt, fast].map(({ isQuick }) => isQuick)).toEqual([false, false, true]);
    expect(paces.paceIn('/slow', 16_384).writes.isQuick).toBe(false);
    now += 2000;
    besideIt.time(() => (now += 11));
    expect([slow, besideIt, fast].map(({ isQuick }) => isQuick)).toEqual([false, false, true]);
  });

  test('where nothing can be looked at, each has its own', () => {
    let now = 0;
    const paces = new DiskPaces(LIMITS, () => now, disk);
    const [first, second] = ['/gone/a', '/gone/b'].map((folder) => paces.paceIn(folder, 16_384).writes);
    first.time(() => (now += 41));
    expect([first.isQuick, second.isQuick]).toEqual([false, true]);
  });

  test("openings are each torrent's own", () => {
    let now = 0;
    const paces = new DiskPaces(LIMITS, () => now, disk);
    const [first, second] = ['/slow/a', '/slow/b'].map((folder) => paces.paceIn(folder, 16_384).opens);
    for (let i = 0; i < 3; i++) first?.time(() => (now += 2));
    expect([first?.isQuick, second?.isQuick]).toEqual([false, true]);
  });
});
