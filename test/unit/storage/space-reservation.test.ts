// Space set aside for large files: before the first write and once, only where it is worth it, and never at the cost of the download.

import { existsSync, fstatSync, readFileSync, statfsSync, statSync, type StatsFs } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { FileStorage } from '../../../src/storage/file-storage.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { SpaceReservation } from '../../../src/storage/space-reservation.js';
import { expectSameBytes, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['large', 65_536],
    ['small', 32_768],
  ],
});
const { metainfo, content } = TORRENT;
const EXT4 = 0xef53;
const TMPFS = 0x1021994;

interface Asked {
  readonly size: number;
  readonly bytes: number;
  readonly waitMs: number;
  answer(isTaken: boolean): void;
}

interface Setup {
  readonly storage: FileStorage;
  readonly openFiles: OpenFiles;
  readonly asked: Asked[];
  readonly location: (name: string) => string;
}

async function setUp(stats: Partial<StatsFs> = {}): Promise<Setup> {
  const folder = await makeTempFolder();
  const asked: Asked[] = [];
  const told = (location: string): StatsFs => Object.assign(statfsSync(location), { type: EXT4, bsize: 4096, bavail: 16 }, stats);
  const disk: Disk = { ...REAL_DISK, statfsSync: told as Disk['statfsSync'] };
  const location = (name: string): string => path.join(folder, metainfo.name, name);
  const reservation = new SpaceReservation(
    { fromBytes: 50_000, waitMs: 7 },
    (fd, bytes, waitMs) => new Promise((answer) => asked.push({ size: fstatSync(fd).size, bytes, waitMs, answer })),
    disk,
  );
  const openFiles = new OpenFiles(64, disk);
  const storage = new FileStorage({
    files: metainfo.files,
    paths: new FilePaths(folder, metainfo),
    openFiles,
    finished: new Set(),
    syncWriteBytes: 262_144,
    fsync: false,
    reservation,
    disk,
  });
  return { storage, openFiles, asked, location };
}

function write(storage: FileStorage, from: number, to: number): void | Promise<void> {
  return storage.write(from, content, from, to);
}

test('before the first write and once; all who write wait for it, and what they write takes no more', async () => {
  const { storage, asked, location } = await setUp();
  const first = write(storage, 16_384, 32_768);
  const second = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ size: 0, bytes: 65_536, waitMs: 7 });
  expect(storage.takenBytes).toBe(0);
  asked[0].answer(true);
  await first;
  await second;
  expect(storage.takenBytes).toBe(65_536);
  storage.releaseIdle();
  // Opened again, at once: nobody is asked any more. 10 bytes are of the other file.
  expect(write(storage, 32_768, 65_546)).toBeUndefined();
  expect(asked).toHaveLength(1);
  expect(storage.takenBytes).toBe(65_536 + 10);
  storage.close();
  expectSameBytes(readFileSync(location('large.part')), TORRENT.fileBytes(0));
});

test('where it fails the file grows as it is written', async () => {
  const { storage, asked, location } = await setUp();
  const writing = write(storage, 0, 65_536);
  await expect.poll(() => asked).toHaveLength(1);
  asked[0].answer(false);
  await writing;
  expect(storage.takenBytes).toBe(65_536);
  expect(storage.finishFile(0)).toBeUndefined();
  storage.close();
  expectSameBytes(readFileSync(location('large')), TORRENT.fileBytes(0));
  expect(asked).toHaveLength(1);
});

test('only for what is large and to be written', async () => {
  const { storage, asked, location } = await setUp();
  expect(write(storage, 65_536, 98_304)).toBeUndefined();
  await writeFile(location('large.part'), TORRENT.fileBytes(0));
  const read = new Uint8Array(16_384);
  await storage.read(0, 16_384, read, 0);
  expectSameBytes(read, content.subarray(0, 16_384));
  // It has its space already.
  await write(storage, 0, 16_384);
  expect(asked).toEqual([]);
  expect(storage.takenBytes).toBe(32_768 + 16_384);
  storage.close();
});

test('a file with holes has none yet', async () => {
  const { storage, asked, location } = await setUp();
  expect(write(storage, 65_536, 65_537)).toBeUndefined();
  await writeFile(location('large.part'), TORRENT.fileBytes(0).subarray(0, 4096));
  await truncate(location('large.part'), 65_536);
  const { blocks } = statSync(location('large.part'));
  const writing = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  asked[0].answer(true);
  await writing;
  expect(storage.takenBytes).toBe(1 + 65_536 - blocks * 512);
  storage.close();
});

test.each([
  ['in memory', { type: TMPFS }],
  ['on btrfs', { type: 0x9123683e }],
  ['where less is free than is missing', { bavail: 15 }],
])('not %s', async (_where, stats) => {
  const { storage, asked } = await setUp(stats);
  await write(storage, 0, 65_536);
  expect(asked).toEqual([]);
  expect(storage.takenBytes).toBe(65_536);
  storage.close();
});

test('closed meanwhile: what was to be written is, and nothing stays open', async () => {
  const { storage, openFiles, asked, location } = await setUp();
  const writing = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  storage.close();
  asked[0].answer(true);
  await writing;
  expect(openFiles.size).toBe(0);
  expect(existsSync(location('large.part'))).toBe(true);
  expectSameBytes(readFileSync(location('large.part')), content.subarray(0, 16_384));
});
