import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { FileStorage } from '../../../src/storage/file-storage.js';
import { OpenPace } from '../../../src/storage/open-pace.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { expectSameBytes, putFiles, type StoredTorrent, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 20_000],
    ['padding', 12_768],
    ['sub/b', 30_000],
    ['empty', 0],
  ],
});

interface Setup {
  readonly folder: string;
  readonly storage: FileStorage;
  readonly openFiles: OpenFiles;
}

async function setUp(
  options: {
    torrent?: StoredTorrent;
    disk?: Partial<Disk>;
    finished?: number[];
    fsync?: boolean;
    limit?: number;
    isFinishedByOthers?: boolean;
    isSlowToOpen?: boolean;
  } = {},
): Promise<Setup> {
  const folder = await makeTempFolder();
  const { metainfo } = options.torrent ?? TORRENT;
  const disk: Disk = { ...REAL_DISK, ...options.disk };
  const openFiles = new OpenFiles(options.limit ?? 64, disk);
  const storage = new FileStorage({
    files: metainfo.files,
    paths: new FilePaths(folder, metainfo),
    openFiles,
    finished: new Set(options.finished ?? []),
    syncWriteBytes: 262_144,
    fsync: options.fsync ?? false,
    isFinishedByOthers: options.isFinishedByOthers ?? false,
    ...(options.isSlowToOpen === true ? { pace: { opens: slowPace() } } : {}),
    disk,
  });
  return { folder, storage, openFiles };
}

/** Of a disk that has shown itself slow, and is not asked again. */
function slowPace(): OpenPace {
  const pace = new OpenPace({ slowOpenMs: -1, slowOpens: 1, slowPauseMs: Infinity }, () => 0);
  pace.time(() => {});
  return pace;
}

/** A thread pool that opens when it is told to. */
class HeldPool {
  readonly opened: string[] = [];
  #held: (() => void)[] = [];

  readonly disk = {
    openSync: () => {
      throw new Error('opened on the loop');
    },
    open: ((location: string, flags: number, mode: number, done: (error: Error | null, fd: number) => void) => {
      this.opened.push(path.basename(location));
      this.#held.push(() => REAL_DISK.open(location, flags, mode, done));
    }) as unknown as Disk['open'],
  };

  get heldCount(): number {
    return this.#held.length;
  }

  letGo(): void {
    for (const open of this.#held.splice(0)) open();
  }
}

function failing(errno: string): () => never {
  return () => {
    throw Object.assign(new Error(`${errno}: injected`), { code: errno });
  };
}

describe('names', () => {
  test('files grow as .part and get their name when they are finished', async () => {
    const { folder, storage, openFiles } = await setUp();
    await storage.write(0, TORRENT.content, 0, TORRENT.content.length);
    expect(readdirSync(path.join(folder, 'album')).toSorted()).toEqual(['a.part', 'sub']);
    expect(readdirSync(path.join(folder, 'album/sub'))).toEqual(['b.part']);
    for (const file of [0, 2, 3]) await storage.finishFile(file);
    expect(readdirSync(path.join(folder, 'album')).toSorted()).toEqual(['a', 'empty', 'sub']);
    expectSameBytes(readFileSync(path.join(folder, 'album/sub/b')), TORRENT.fileBytes(2));
    expect(readFileSync(path.join(folder, 'album/empty')).length).toBe(0);
    expect(openFiles.size).toBe(0);
  });

  test('a file comes into being with its first byte and no earlier', async () => {
    const { folder, storage } = await setUp();
    await storage.write(32_768, TORRENT.content, 32_768, 32_778);
    expect(readdirSync(path.join(folder, 'album'))).toEqual(['sub']);
  });

  test('an older file of that name is replaced only by the finished one', async () => {
    const { folder, storage } = await setUp();
    await putFiles(folder, { 'album/a': new Uint8Array([1, 2, 3]) });
    await storage.write(0, TORRENT.content, 0, 20_000);
    expect(await readFile(path.join(folder, 'album/a'))).toEqual(Buffer.from([1, 2, 3]));
    await storage.finishFile(0);
    expectSameBytes(readFileSync(path.join(folder, 'album/a')), TORRENT.fileBytes(0));
  });

  test('with fsync the data is flushed before the rename', async () => {
    const calls: string[] = [];
    const { storage } = await setUp({
      fsync: true,
      disk: {
        fsync: ((fd: number, done: (error: null) => void) => {
          calls.push('fsync');
          REAL_DISK.fsync(fd, () => done(null));
        }) as typeof REAL_DISK.fsync,
        renameSync: (from, to) => {
          calls.push('rename');
          REAL_DISK.renameSync(from, to);
        },
      },
    });
    await storage.write(0, TORRENT.content, 0, 20_000);
    await storage.finishFile(0);
    expect(calls).toEqual(['fsync', 'rename']);
  });
});

describe('what must not be touched', () => {
  test('a symbolic link in the place of a part file is not followed', async () => {
    const { folder, storage } = await setUp();
    const outside = path.join(folder, 'outside');
    await writeFile(outside, 'precious');
    await mkdir(path.join(folder, 'album'));
    await symlink(outside, path.join(folder, 'album/a.part'));
    expect(() => storage.write(0, TORRENT.content, 0, 20_000)).toThrow(
      expect.objectContaining({ detail: { operation: 'open', path: path.join(folder, 'album/a.part'), errno: 'ELOOP' } }),
    );
    expect(await readFile(outside, 'utf8')).toBe('precious');
  });

  test('nor one in the place of a folder', async () => {
    const { folder, storage } = await setUp();
    await mkdir(path.join(folder, 'album'));
    await mkdir(path.join(folder, 'outside'));
    await symlink(path.join(folder, 'outside'), path.join(folder, 'album/sub'));
    expect(() => storage.write(32_768, TORRENT.content, 32_768, 33_000)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ errno: 'ELOOP' }) }),
    );
    expect(readdirSync(path.join(folder, 'outside'))).toEqual([]);
  });

  test('a file that has its name is never written', async () => {
    const { folder, storage } = await setUp({ finished: [0] });
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0) });
    expect(() => storage.write(0, new Uint8Array(10), 0, 10)).toThrow('never written');
    expectSameBytes(await readFile(path.join(folder, 'album/a')), TORRENT.fileBytes(0));
    const into = new Uint8Array(100);
    await storage.read(0, 100, into, 0);
    expectSameBytes(into, TORRENT.content.subarray(0, 100));
  });
});

describe('a part file that is gone', () => {
  test.each([
    ['had its name given by another run: it is read there', true],
    ['is a failure where nobody else may do that', false],
  ])('%s', async (_, isFinishedByOthers) => {
    const { folder, storage } = await setUp({ isFinishedByOthers });
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0) });
    const into = new Uint8Array(100);
    const reading = storage.read(50, 100, into, 0);
    if (isFinishedByOthers) {
      await reading;
      expectSameBytes(into, TORRENT.content.subarray(50, 150));
    } else {
      await expect(reading).rejects.toMatchObject({ detail: { errno: 'ENOENT', path: path.join(folder, 'album/a.part') } });
    }
  });

  test('is a failure where there is neither', async () => {
    const { folder, storage } = await setUp({ isFinishedByOthers: true });
    await mkdir(path.join(folder, 'album'));
    await expect(storage.read(0, 100, new Uint8Array(100), 0)).rejects.toMatchObject({ detail: { errno: 'ENOENT' } });
  });
});

describe('a disk that fails', () => {
  test.each(['ENOSPC', 'EIO', 'EDQUOT'])('%s while writing is a StorageError, and no descriptor stays pinned', async (errno) => {
    const { folder, storage, openFiles } = await setUp({ disk: { writeSync: failing(errno) } });
    const error = { operation: 'write', path: path.join(folder, 'album/a.part'), errno };
    expect(() => storage.write(0, TORRENT.content, 0, 20_000)).toThrow(expect.objectContaining({ detail: error }));
    storage.close();
    expect(openFiles.size).toBe(0);
  });

  test('so it is for a large write, which fails later', async () => {
    const torrent = storedTorrent({ pieceLength: 1_048_576, files: [['', 1_048_576]] });
    const { storage, openFiles } = await setUp({
      torrent,
      disk: {
        write: ((
          _fd: number,
          _bytes: Uint8Array,
          _at: number,
          _length: number,
          _offset: number,
          done: (error: Error, count: number) => void,
        ) => {
          setImmediate(() => done(Object.assign(new Error('full'), { code: 'ENOSPC' }), 0));
        }) as unknown as Disk['write'],
      },
    });
    await expect(storage.write(0, torrent.content, 0, 1_048_576)).rejects.toMatchObject({
      detail: { operation: 'write', errno: 'ENOSPC' },
    });
    storage.close();
    expect(openFiles.size).toBe(0);
  });

  test('writes that come back short are gone on with', async () => {
    const { folder, storage } = await setUp({
      disk: {
        writeSync: ((fd: number, bytes: Uint8Array, at: number, length: number, offset: number) =>
          REAL_DISK.writeSync(fd, bytes, at, Math.min(length, 777), offset)) as Disk['writeSync'],
      },
    });
    await storage.write(0, TORRENT.content, 0, 20_000);
    expectSameBytes(await readFile(path.join(folder, 'album/a.part')), TORRENT.fileBytes(0));
  });

  test('a file that is shorter than it should be is a StorageError', async () => {
    const { folder, storage } = await setUp({ finished: [0] });
    await putFiles(folder, { 'album/a': TORRENT.fileBytes(0).subarray(0, 100) });
    await expect(storage.read(50, 100, new Uint8Array(100), 0)).rejects.toMatchObject({
      detail: { operation: 'read', errno: 'ESHORT' },
    });
  });

  test('a rename that fails names the file', async () => {
    const { folder, storage } = await setUp({ disk: { renameSync: failing('EACCES') } });
    await storage.write(0, TORRENT.content, 0, 20_000);
    expect(() => storage.finishFile(0)).toThrow(
      expect.objectContaining({ detail: { operation: 'rename', path: path.join(folder, 'album/a'), errno: 'EACCES' } }),
    );
    expect(existsSync(path.join(folder, 'album/a.part'))).toBe(true);
  });
});

describe('a disk that is slow to open files', () => {
  test('has them opened by the thread pool, each once, and one after the other within a write', async () => {
    const pool = new HeldPool();
    const { folder, storage } = await setUp({ isSlowToOpen: true, disk: pool.disk });
    const first = storage.write(0, TORRENT.content, 0, 40_000);
    const second = storage.write(40_000, TORRENT.content, 40_000, 62_768);
    expect(pool.opened).toEqual(['a.part', 'b.part']);
    pool.letGo();
    await second;
    await first;
    expect(pool.opened).toEqual(['a.part', 'b.part']);
    await storage.finishFile(0);
    await storage.finishFile(2);
    expectSameBytes(await readFile(path.join(folder, 'album/a')), TORRENT.fileBytes(0));
    expectSameBytes(await readFile(path.join(folder, 'album/sub/b')), TORRENT.fileBytes(2));
  });

  test('several writes of one file wait for one opening of it', async () => {
    const pool = new HeldPool();
    const { folder, storage } = await setUp({ isSlowToOpen: true, disk: pool.disk });
    const cuts = [0, 5000, 10_000, 20_000];
    const writes = [0, 1, 2].map(async (i) => storage.write(cuts[i], TORRENT.content, cuts[i], cuts[i + 1]));
    pool.letGo();
    await Promise.all(writes);
    expect(pool.opened).toEqual(['a.part']);
    expectSameBytes(await readFile(path.join(folder, 'album/a.part')), TORRENT.fileBytes(0));
  });

  test('writes at once to what is open', async () => {
    const { storage } = await setUp({ isSlowToOpen: true });
    await storage.write(0, TORRENT.content, 0, 100);
    expect(storage.write(100, TORRENT.content, 100, 200)).toBeUndefined();
  });

  test('a write that fails does not go on with the next file, and leaves no descriptor pinned', async () => {
    const { folder, storage, openFiles } = await setUp({ isSlowToOpen: true, disk: { writeSync: failing('ENOSPC') } });
    await expect(storage.write(0, TORRENT.content, 0, TORRENT.content.length)).rejects.toMatchObject({
      detail: { operation: 'write', path: path.join(folder, 'album/a.part'), errno: 'ENOSPC' },
    });
    expect(readdirSync(path.join(folder, 'album'))).toEqual(['a.part']);
    storage.close();
    expect(openFiles.size).toBe(0);
  });

  test('an opening that fails is told to all that wait for it', async () => {
    const { folder, storage } = await setUp({ isSlowToOpen: true });
    await mkdir(path.join(folder, 'album'));
    await symlink(path.join(folder, 'outside'), path.join(folder, 'album/a.part'));
    const error = { detail: { operation: 'open', path: path.join(folder, 'album/a.part'), errno: 'ELOOP' } };
    const writes = [0, 10].map(async (at) => storage.write(at, TORRENT.content, at, at + 10));
    for (const write of await Promise.allSettled(writes)) expect(write).toMatchObject({ status: 'rejected', reason: error });
    expect(existsSync(path.join(folder, 'outside'))).toBe(false);
  });

  test('a file that is being read is opened once more to be written', async () => {
    const pool = new HeldPool();
    const { folder, storage, openFiles } = await setUp({ isSlowToOpen: true, disk: pool.disk });
    await putFiles(folder, { 'album/a.part': TORRENT.fileBytes(0).subarray(0, 10_000) });
    const into = new Uint8Array(100);
    const reading = storage.read(0, 100, into, 0);
    const writing = storage.write(10_000, TORRENT.content, 10_000, 20_000);
    pool.letGo();
    await reading;
    await vi.waitFor(() => expect(pool.heldCount).toBe(1));
    pool.letGo();
    await writing;
    expect(pool.opened).toEqual(['a.part', 'a.part']);
    expectSameBytes(into, TORRENT.content.subarray(0, 100));
    expectSameBytes(await readFile(path.join(folder, 'album/a.part')), TORRENT.fileBytes(0));
    expect(openFiles.size).toBe(1);
  });

  test('a file that gets its name while it is opened to be read is read there', async () => {
    const pool = new HeldPool();
    const { folder, storage } = await setUp({ isSlowToOpen: true, disk: pool.disk });
    await putFiles(folder, { 'album/a.part': TORRENT.fileBytes(0) });
    const into = new Uint8Array(100);
    const reading = storage.read(50, 100, into, 0);
    await storage.finishFile(0);
    pool.letGo();
    await vi.waitFor(() => expect(pool.heldCount).toBe(1));
    pool.letGo();
    await reading;
    expect(pool.opened).toEqual(['a.part', 'a']);
    expectSameBytes(into, TORRENT.content.subarray(50, 150));
  });

  test('empty files are made by the pool too', async () => {
    const pool = new HeldPool();
    const { folder, storage, openFiles } = await setUp({ isSlowToOpen: true, disk: pool.disk });
    const finished = storage.finishFile(3);
    expect(pool.opened).toEqual(['empty.part']);
    pool.letGo();
    await finished;
    expect(readdirSync(path.join(folder, 'album'))).toEqual(['empty']);
    storage.close();
    expect(openFiles.size).toBe(0);
  });

  test('a finished file that is gone is a failure here too', async () => {
    const { folder, storage } = await setUp({ isSlowToOpen: true, finished: [0] });
    await mkdir(path.join(folder, 'album'));
    await expect(storage.read(0, 100, new Uint8Array(100), 0)).rejects.toMatchObject({ detail: { errno: 'ENOENT' } });
  });

  test('a storage that is closed meanwhile keeps no file open', async () => {
    const pool = new HeldPool();
    const { folder, storage, openFiles } = await setUp({ isSlowToOpen: true, disk: pool.disk });
    const writing = storage.write(0, TORRENT.content, 0, 20_000);
    storage.close();
    pool.letGo();
    await writing;
    expect(openFiles.size).toBe(0);
    expectSameBytes(await readFile(path.join(folder, 'album/a.part')), TORRENT.fileBytes(0));
  });
});

test.each([
  ['quick', false],
  ['slow', true],
])('any number of files is written with a handful of descriptors on a %s disk', async (_, isSlowToOpen) => {
  const torrent = storedTorrent({
    pieceLength: 16_384,
    files: Array.from({ length: 300 }, (_, i) => [`d${i % 7}/f${i}`, 1000 + i] as const),
  });
  const { folder, storage, openFiles } = await setUp({ torrent, limit: 4, isSlowToOpen });
  for (let at = 0; at < torrent.content.length; at += 500) {
    await storage.write(at, torrent.content, at, Math.min(at + 500, torrent.content.length));
    expect(openFiles.size).toBeLessThanOrEqual(4);
  }
  for (const file of torrent.metainfo.files.keys()) await storage.finishFile(file);
  expect(openFiles.size).toBe(0);
  for (const [index, file] of torrent.metainfo.files.entries()) {
    expectSameBytes(readFileSync(path.join(folder, ...file.path)), torrent.fileBytes(index));
  }
});
