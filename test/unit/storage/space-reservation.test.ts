// Space set aside for large files: before the first write and once, only where it is worth it, and never at the cost of the download.

import {
  existsSync,
  fstatSync,
  lstatSync,
  readFileSync,
  statfsSync,
  type Stats,
  statSync,
  type StatsFs,
  writeSync,
} from 'node:fs';
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
const FROM_BYTES = 50_000;

interface Asked {
  readonly size: number;
  readonly bytes: number;
  readonly signal: AbortSignal;
  /** It is over; so many bytes at the start of the file have their space. */
  end(takenBytes: number): void;
}

interface Setup {
  readonly storage: FileStorage;
  readonly openFiles: OpenFiles;
  readonly asked: Asked[];
  readonly location: (name: string) => string;
  /** Of the calls for data. */
  readonly syncWrites: number[];
}

interface SetupOptions {
  readonly stats?: Partial<StatsFs>;
  readonly disk?: Partial<Disk>;
  readonly isAllowed?: boolean;
  readonly signal?: AbortSignal;
}

async function setUp({ stats = {}, disk: faults = {}, ...options }: SetupOptions = {}): Promise<Setup> {
  const folder = await makeTempFolder();
  const asked: Asked[] = [];
  const syncWrites: number[] = [];
  const told = (location: string): StatsFs => Object.assign(statfsSync(location), { type: EXT4, bsize: 4096, bavail: 32 }, stats);
  const disk: Disk = {
    ...REAL_DISK,
    statfsSync: told as Disk['statfsSync'],
    writeSync: ((fd: number, bytes: Uint8Array, at: number, length: number, position: number) => {
      syncWrites.push(length);
      return REAL_DISK.writeSync(fd, bytes, at, length, position);
    }) as Disk['writeSync'],
    ...faults,
  };
  const location = (name: string): string => path.join(folder, metainfo.name, name);
  const reservation = new SpaceReservation({
    fromBytes: FROM_BYTES,
    takeSpace: (fd, bytes, signal) =>
      new Promise((resolve) => {
        const end = (takenBytes: number): void => {
          // As the real one, this works with the descriptor; zeros take space on every file system.
          if (takenBytes > 0) writeSync(fd, new Uint8Array(takenBytes), 0, takenBytes, 0);
          resolve();
        };
        asked.push({ size: fstatSync(fd).size, bytes, signal, end });
      }),
    disk,
    ...options,
  });
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
  return { storage, openFiles, asked, location, syncWrites };
}

function write(storage: FileStorage, from: number, to: number): void | Promise<void> {
  return storage.write(from, content, from, to);
}

test('before the first write and once; all who write wait for it, and what they write takes no more', async () => {
  const { storage, asked, location, syncWrites } = await setUp();
  const first = write(storage, 16_384, 32_768);
  const second = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ size: 0, bytes: 65_536 });
  expect(storage.takenBytes).toBe(0);
  asked[0].end(65_536);
  await first;
  await second;
  expect(storage.takenBytes).toBe(65_536);
  storage.releaseIdle();
  // Opened again, at once: nobody is asked any more. 10 bytes are of the other file.
  expect(write(storage, 32_768, 65_546)).toBeUndefined();
  expect(asked).toHaveLength(1);
  expect(storage.takenBytes).toBe(65_536 + 10);
  expect(syncWrites).toEqual([16_384, 16_384, 32_768, 10]);
  storage.close();
  expectSameBytes(readFileSync(location('large.part')), TORRENT.fileBytes(0));
});

test.each([0, 16_384])(
  'where it fails the file grows as it is written; what it took counts once (%i bytes)',
  async (takenBytes) => {
    const { storage, asked, location } = await setUp();
    const writing = write(storage, 0, 65_536);
    await expect.poll(() => asked).toHaveLength(1);
    asked[0].end(takenBytes);
    await writing;
    expect(storage.takenBytes).toBe(65_536);
    expect(storage.finishFile(0)).toBeUndefined();
    storage.close();
    expectSameBytes(readFileSync(location('large')), TORRENT.fileBytes(0));
    expect(asked).toHaveLength(1);
  },
);

test('only for what is large and to be written', async () => {
  const { storage, asked, location } = await setUp();
  expect(write(storage, 65_536, 98_304)).toBeUndefined();
  await writeFile(location('large.part'), content.subarray(0, 4096));
  await truncate(location('large.part'), 65_536);
  const read = new Uint8Array(4096);
  await storage.read(0, 4096, read, 0);
  expectSameBytes(read, content.subarray(0, 4096));
  expect(asked).toEqual([]);
  storage.close();
});

test('a file that is read is read on while it gets its space', async () => {
  const { storage, asked, location } = await setUp();
  expect(write(storage, 65_536, 65_537)).toBeUndefined();
  await writeFile(location('large.part'), content.subarray(0, 4096));
  const read = new Uint8Array(4096);
  await storage.read(0, 4096, read, 0);
  const writing = write(storage, 16_384, 32_768);
  await expect.poll(() => asked).toHaveLength(1);
  read.fill(0);
  await storage.read(0, 4096, read, 0);
  expectSameBytes(read, content.subarray(0, 4096));
  asked[0].end(0);
  await writing;
  storage.close();
});

test('an interrupted file: what it has its space for already takes no more', async () => {
  const { storage, asked, location } = await setUp();
  expect(write(storage, 65_536, 65_537)).toBeUndefined();
  // Too little is missing to be worth it.
  await writeFile(location('large.part'), TORRENT.fileBytes(0).subarray(0, 32_768));
  const missing = 65_536 - statSync(location('large.part')).blocks * 512;
  expect(missing).toBeLessThan(FROM_BYTES);
  await write(storage, 0, 16_384);
  await write(storage, 16_384, 65_536);
  expect(asked).toEqual([]);
  expect(storage.takenBytes).toBe(1 + missing);
  storage.close();
});

test('a file with holes has no space there yet', async () => {
  const { storage, asked, location } = await setUp();
  expect(write(storage, 65_536, 65_537)).toBeUndefined();
  await writeFile(location('large.part'), TORRENT.fileBytes(0).subarray(0, 4096));
  await truncate(location('large.part'), 65_536);
  const { blocks } = statSync(location('large.part'));
  const writing = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  asked[0].end(65_536);
  await writing;
  expect(storage.takenBytes).toBe(1 + 65_536 - blocks * 512);
  storage.close();
});

function lookingAtParts(look: (location: string) => Stats): Partial<Disk> {
  const lstat = (location: string): Stats | undefined =>
    location.endsWith('.part') ? look(location) : lstatSync(location, { throwIfNoEntry: false });
  return { lstatSync: lstat as Disk['lstatSync'] };
}

const broken = (): never => {
  throw new Error('not now');
};

test.each<[string, SetupOptions]>([
  ['in memory', { stats: { type: TMPFS } }],
  ['on btrfs', { stats: { type: 0x9123683e } }],
  ['where less is free than is missing', { stats: { bavail: 15 } }],
  ['where that cannot be told', { disk: { statfsSync: broken } }],
  ['where it is not wanted', { isAllowed: false }],
  ['where the run is to end', { signal: AbortSignal.abort() }],
])('not %s', async (_where, options) => {
  const { storage, asked } = await setUp(options);
  await write(storage, 0, 65_536);
  expect(asked).toEqual([]);
  expect(storage.takenBytes).toBe(65_536);
  storage.close();
});

test('a file that cannot be looked at has nothing', async () => {
  const { storage, asked } = await setUp({ disk: lookingAtParts(broken) });
  const writing = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  asked[0].end(0);
  await writing;
  expect(storage.takenBytes).toBe(16_384);
  storage.close();
});

test('where the system does not count blocks a file has its length', async () => {
  const uncounted = (location: string): Stats => Object.assign(lstatSync(location), { blocks: undefined });
  const { storage, asked } = await setUp({ stats: { type: 0 }, disk: lookingAtParts(uncounted) });
  await write(storage, 16_384, 49_152);
  await write(storage, 0, 16_384);
  expect(asked).toEqual([]);
  expect(storage.takenBytes).toBe(49_152);
  storage.close();
});

test('the end of a run does not wait for it; what is still written leaves the loop free, and the descriptor is closed', async () => {
  const stop = new AbortController();
  const { storage, openFiles, asked, location, syncWrites } = await setUp({ signal: stop.signal });
  const writing = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  expect(asked[0].signal.aborted).toBe(false);
  stop.abort();
  expect(asked[0].signal.aborted).toBe(true);
  await writing;
  expect(syncWrites).toEqual([]);
  storage.close();
  expect(openFiles.size).toBe(0);
  expectSameBytes(readFileSync(location('large.part')), content.subarray(0, 16_384));
  asked[0].end(0);
});

test('closed meanwhile: what was to be written is, and nothing stays open', async () => {
  const { storage, openFiles, asked, location } = await setUp();
  const writing = write(storage, 0, 16_384);
  await expect.poll(() => asked).toHaveLength(1);
  storage.close();
  asked[0].end(0);
  await writing;
  expect(openFiles.size).toBe(0);
  expectSameBytes(readFileSync(location('large.part')), content.subarray(0, 16_384));
});

test('one file after the other: the second sees what the first has left', async () => {
  const folder = await makeTempFolder();
  const two = storedTorrent({
    pieceLength: 16_384,
    files: [
      ['a', 65_536],
      ['b', 65_536],
    ],
  });
  let bavail = 24;
  const ended: (() => void)[] = [];
  const reservation = new SpaceReservation({
    fromBytes: FROM_BYTES,
    takeSpace: () => new Promise((resolve) => ended.push(resolve)),
    disk: { ...REAL_DISK, statfsSync: (() => ({ type: EXT4, bsize: 4096, bavail })) as unknown as Disk['statfsSync'] },
  });
  const openFiles = new OpenFiles(64);
  const paths = new FilePaths(folder, two.metainfo);
  const storage = new FileStorage({
    files: two.metainfo.files,
    paths,
    openFiles,
    finished: new Set(),
    syncWriteBytes: 262_144,
    fsync: false,
    reservation,
  });
  const [first, second] = [0, 65_536].map((at) => storage.write(at, two.content, at, at + 16_384));
  await expect.poll(() => existsSync(paths.part(1)) && ended.length).toBe(1);
  bavail -= 16;
  ended[0]();
  await first;
  await second;
  expect(ended).toHaveLength(1);
  storage.close();
});
