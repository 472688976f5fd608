// Files that grow in a folder of their own: in one file system and from one to another (made by a disk that refuses to rename across).

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { removeEmptyFolders } from '../../../src/storage/empty-folders.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { FileStorage } from '../../../src/storage/file-storage.js';
import { moveFile } from '../../../src/storage/file-move.js';
import { HashPool } from '../../../src/storage/hash-pool.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { openTorrentFiles, type OpenTorrentFilesOptions, type TorrentFiles } from '../../support/open-torrent-files.js';
import { driveStore, PEER_A } from '../../support/store-driver.js';
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

/** Everything below `inc` is another file system to it. */
function twoFileSystems(inc: string, overrides: Partial<Disk> = {}): Disk {
  return {
    ...REAL_DISK,
    renameSync: (from, to) => {
      if (String(from).startsWith(inc) !== String(to).startsWith(inc))
        throw Object.assign(new Error('cross-device link'), { code: 'EXDEV' });
      REAL_DISK.renameSync(from, to);
    },
    ...overrides,
  };
}

async function open(folder: string, options: Partial<OpenTorrentFilesOptions> = {}): Promise<TorrentFiles> {
  return openTorrentFiles({
    metainfo,
    folder: path.join(folder, 'out'),
    partsFolder: path.join(folder, 'inc'),
    mode: 'download',
    overwrite: 'repair',
    fsync: false,
    syncWriteBytes: 262_144,
    openFiles: new OpenFiles(64),
    hashPool: new HashPool(0, CONFIG.hashing),
    ...options,
  });
}

async function fetchPieces(files: TorrentFiles, last = metainfo.geometry.pieceCount - 1): Promise<void> {
  const driver = driveStore(TORRENT, files.storage, { have: files.have });
  for (const piece of metainfo.geometry.pieces()) {
    if (files.have.has(piece) || piece > last) continue;
    driver.sendPiece(PEER_A, piece);
    driver.store.store(piece, 'never');
    expect(await driver.next()).toEqual({ type: 'stored', piece });
  }
  files.resumeFile.save(driver.store.have);
  await driver.store.close();
}

function list(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(path.join(folder, name)).isFile()).toSorted();
}

describe.each(['one file system', 'two file systems'])('%s', (which) => {
  const diskFor = (folder: string): Disk => (which === 'two file systems' ? twoFileSystems(path.join(folder, 'inc')) : REAL_DISK);

  test('a file appears in the output folder when it is whole, and a second run goes on', async () => {
    const folder = await makeTempFolder();
    const disk = diskFor(folder);
    // Pieces 0 … 2 lie in a alone, 3 in both, 4 … 7 in b.
    await fetchPieces(await open(folder, { disk }), 4);
    expect(list(path.join(folder, 'out'))).toEqual(['album/a']);
    expectSameBytes(readFileSync(path.join(folder, 'out/album/a')), A);
    expect(list(path.join(folder, 'inc')).filter((name) => !name.startsWith('.effusion'))).toEqual(['album/sub/b.part']);

    const again = await open(folder, { disk });
    expect(again.have.count).toBe(5);
    expect([again.resumed, again.checkedBytes]).toEqual([true, 0]);
    await fetchPieces(again);
    again.resumeFile.remove();
    expect(list(path.join(folder, 'out'))).toEqual(['album/a', 'album/empty', 'album/sub/b']);
    expectSameBytes(readFileSync(path.join(folder, 'out/album/sub/b')), B);
    expect(list(path.join(folder, 'inc'))).toEqual([]);
    removeEmptyFolders(path.join(folder, 'inc'), metainfo.files);
    expect(readdirSync(path.join(folder, 'inc'))).toEqual([]);
  });

  test('a part file that is whole gets its name when the run opens', async () => {
    const folder = await makeTempFolder();
    await putFiles(path.join(folder, 'inc'), { 'album/a.part': A, 'album/sub/b.part': B });
    const files = await open(folder, { disk: diskFor(folder) });
    expect(files.have.isFull).toBe(true);
    expect(list(path.join(folder, 'out'))).toEqual(['album/a', 'album/empty', 'album/sub/b']);
    expect(list(path.join(folder, 'inc'))).toEqual([]);
  });

  test('a file that differs is repaired there, and stays until then', async () => {
    const folder = await makeTempFolder();
    const old = damaged(B, 60_000);
    await putFiles(path.join(folder, 'out'), { 'album/a': A, 'album/sub/b': old });
    const files = await open(folder, { disk: diskFor(folder) });
    expect(files.have.count).toBe(7);
    expectSameBytes(readFileSync(path.join(folder, 'out/album/sub/b')), old);
    expect(list(path.join(folder, 'inc'))).toEqual(['album/sub/b.part']);
    await fetchPieces(files);
    expectSameBytes(readFileSync(path.join(folder, 'out/album/sub/b')), B);
  });
});

test('without the option a run starts from what the output folder has', async () => {
  const folder = await makeTempFolder();
  await fetchPieces(await open(folder), 4);
  const files = await open(folder, { partsFolder: path.join(folder, 'out') });
  // Piece 3 is half in the part file that is elsewhere.
  expect([...files.have]).toEqual([0, 1, 2]);
});

describe('across file systems', () => {
  test('files that are whole at once are moved a few at a time: each has two descriptors meanwhile', async () => {
    const folder = await makeTempFolder();
    const many = storedTorrent({ pieceLength: 16_384, files: Array.from({ length: 30 }, (_, at) => [`${at}`, 100] as const) });
    const moving = new Set<string>();
    let most = 0;
    const disk = twoFileSystems(path.join(folder, 'inc'), {
      copyFile: ((from: string, _to: unknown, _mode: unknown, done: (error: Error) => void) => {
        moving.add(path.basename(from, '.part'));
        most = Math.max(most, moving.size);
        setImmediate(done, new Error('no'));
      }) as never,
      chmodSync: (landing, mode) => {
        REAL_DISK.chmodSync(landing, mode);
        moving.delete(/(\d+)\.copy$/.exec(String(landing))?.[1] ?? '');
      },
    });
    const storage = new FileStorage({
      files: many.metainfo.files,
      paths: new FilePaths(path.join(folder, 'out'), many.metainfo, path.join(folder, 'inc')),
      openFiles: new OpenFiles(64, disk),
      finished: new Set(),
      syncWriteBytes: 262_144,
      fsync: false,
      disk,
    });
    await storage.write(0, many.content, 0, many.content.length);
    await Promise.all(many.metainfo.files.map(async (_, file) => storage.finishFile(file)));
    expect(list(folder)).toHaveLength(30);
    expectSameBytes(readFileSync(path.join(folder, 'out/album/29')), many.fileBytes(29));
    expect(moving.size).toBe(0);
    expect(most).toBe(4);
    expect(storage.isMoving).toBe(false);
  });

  test('a storage that is to end in the middle of a move ends: the file stays where it grew, and can be read', async () => {
    const folder = await makeTempFolder();
    const copyFile = ((_a: unknown, _b: unknown, _c: unknown, done: (e: Error) => void) => done(new Error('no'))) as never;
    const disk = twoFileSystems(path.join(folder, 'inc'), { copyFile });
    const stop = new AbortController();
    const storage = new FileStorage({
      files: metainfo.files,
      paths: new FilePaths(path.join(folder, 'out'), metainfo, path.join(folder, 'inc')),
      openFiles: new OpenFiles(64, disk),
      finished: new Set(),
      syncWriteBytes: 262_144,
      fsync: false,
      move: { stepBytes: 10_000, signal: stop.signal, onStep: () => stop.abort(new Error('enough')) },
      disk,
    });
    void storage.write(0, A, 0, A.length);
    expect(storage.takenBytes).toBe(50_000);
    expect(storage.unfinishedBytes).toBe(120_000);
    const moving = storage.finishFile(0);
    expect(storage.isMoving).toBe(true);
    const into = new Uint8Array(10);
    await storage.read(0, 10, into, 0);
    expectSameBytes(into, A.subarray(0, 10));
    await expect(moving).rejects.toThrow('enough');
    expect([storage.isMoving, storage.unfinishedBytes]).toEqual([false, 120_000]);
    await storage.read(100, 10, into, 0);
    expectSameBytes(into, A.subarray(100, 110));
    expect(list(folder)).toEqual(['inc/album/a.part']);
    storage.close();
  });

  const terms = async (disk: Disk, folder: string): Promise<Parameters<typeof moveFile>[0]> => {
    await mkdir(path.join(folder, 'out'), { recursive: true });
    await mkdir(path.join(folder, 'inc'), { recursive: true });
    await writeFile(path.join(folder, 'inc/b.part'), B, { mode: 0o640 });
    await writeFile(path.join(folder, 'out/b'), 'old');
    const [from, to, landing] = ['inc/b.part', 'out/b', 'out/.effusion-00000000-2.copy'].map((name) => path.join(folder, name));
    return { from, to, landing: () => landing, length: B.length, stepBytes: 10_000, disk };
  };

  test('what was left of an earlier copy is no obstacle, and the rights are the same', async () => {
    const folder = await makeTempFolder();
    const move = await terms(twoFileSystems(path.join(folder, 'inc')), folder);
    await writeFile(move.landing(), 'half');
    const { mode } = statSync(move.from);
    await moveFile(move);
    expect(list(folder)).toEqual(['out/b']);
    expectSameBytes(readFileSync(move.to), B);
    expect(statSync(move.to).mode).toBe(mode);
  });

  test('a full disk: the old file stays, so does the part, and nothing else', async () => {
    const folder = await makeTempFolder();
    const write: Disk['write'] = ((...args: unknown[]) => {
      const done = args.at(-1) as (error: Error) => void;
      done(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    }) as never;
    const disk = twoFileSystems(path.join(folder, 'inc'), {
      write,
      copyFile: ((_a: unknown, _b: unknown, _c: unknown, done: (e: Error) => void) => done(new Error('no'))) as never,
    });
    const move = await terms(disk, folder);
    await expect(moveFile(move)).rejects.toMatchObject({ detail: { operation: 'copy', errno: 'ENOSPC' } });
    expect(list(folder)).toEqual(['inc/b.part', 'out/b']);
    expect(readFileSync(move.to, 'utf8')).toBe('old');
  });

  test('a part file that somebody has cut does not get the name', async () => {
    const folder = await makeTempFolder();
    const move = await terms(twoFileSystems(path.join(folder, 'inc')), folder);
    await writeFile(move.from, B.subarray(0, 60_000));
    await expect(moveFile(move)).rejects.toMatchObject({ detail: { operation: 'read', errno: 'ESHORT' } });
    expect(list(folder)).toEqual(['inc/b.part', 'out/b']);
    expect(readFileSync(move.to, 'utf8')).toBe('old');
  });

  test('a signal in the middle: the same', async () => {
    const folder = await makeTempFolder();
    const stop = new AbortController();
    const copyFile = ((_a: unknown, _b: unknown, _c: unknown, done: (e: Error) => void) => done(new Error('no'))) as never;
    const move = await terms(twoFileSystems(path.join(folder, 'inc'), { copyFile }), folder);
    const moving = moveFile({ ...move, signal: stop.signal, onStep: () => stop.abort(new Error('enough')) });
    await expect(moving).rejects.toThrow('enough');
    expect(list(folder)).toEqual(['inc/b.part', 'out/b']);
    expect(readFileSync(move.to, 'utf8')).toBe('old');
  });
});
