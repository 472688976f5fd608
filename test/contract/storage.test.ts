// What every Storage does, whatever it is made of: the piece store knows nothing else about it.

import { describe, expect, test } from 'vitest';
import { FileLayout } from '../../src/metainfo/file-layout.js';
import { PartsFile } from '../../src/storage/parts-file.js';
import { PartsStorage } from '../../src/storage/parts-storage.js';
import { OpenPace } from '../../src/storage/open-pace.js';
import { WritePace } from '../../src/storage/write-pace.js';
import type { Storage } from '../../src/storage/storage.js';
import { FilePaths } from '../../src/storage/file-paths.js';
import { FileStorage, type FileStorageOptions } from '../../src/storage/file-storage.js';
import { MemoryStorage } from '../../src/storage/memory-storage.js';
import { OpenFiles } from '../../src/storage/open-files.js';
import { expectSameBytes, type StoredTorrent, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 65_536,
  files: [
    ['one', 100_000],
    ['empty', 0],
    ['sub/deep/two', 1],
    ['padding', 30_000],
    ['sub/three', 500_000],
  ],
});

async function realFiles(
  { metainfo }: StoredTorrent,
  openFiles: OpenFiles,
  options: Pick<FileStorageOptions, 'syncWriteBytes' | 'pace' | 'fsync'>,
): Promise<FileStorage> {
  const paths = new FilePaths(await makeTempFolder(), metainfo);
  return new FileStorage({ files: metainfo.files, paths, openFiles, finished: new Set(), ...options });
}

const MAKERS: Record<string, (torrent: StoredTorrent) => Promise<Storage>> = {
  'real files': async (torrent) => realFiles(torrent, new OpenFiles(64), { syncWriteBytes: 262_144, fsync: false }),
  'real files, every write asynchronous': async (torrent) =>
    realFiles(torrent, new OpenFiles(4), { syncWriteBytes: 0, fsync: true }),
  'real files on a quick disk': async (torrent) => {
    const writes = new WritePace({ stepBytes: 7000, slowStepMs: Infinity, slowBudgetMs: 0, slowShare: 0, slowPauseMs: 0 });
    return realFiles(torrent, new OpenFiles(4), { syncWriteBytes: 1000, pace: { writes }, fsync: false });
  },
  'real files on a disk that turns slow with every second step': async (torrent) => {
    let now = 0;
    // Two milliseconds from one look at the clock to the next: slow after a step, and quick again at the second look after it.
    const limits = { stepBytes: 7000, slowStepMs: 1, slowBudgetMs: 0, slowShare: 1, slowPauseMs: 3 };
    const writes = new WritePace(limits, () => (now += 2));
    return realFiles(torrent, new OpenFiles(4), { syncWriteBytes: 1000, pace: { writes }, fsync: false });
  },
  'real files on a disk that is slow to open them, every second time': async (torrent) => {
    let now = 0;
    const opens = new OpenPace({ slowOpenMs: 0, slowOpens: 1, slowPauseMs: 2 }, () => now++);
    return realFiles(torrent, new OpenFiles(4), { syncWriteBytes: 262_144, pace: { opens }, fsync: false });
  },
  'real files on a disk that is slow in all': async (torrent) => {
    const opens = new OpenPace({ slowOpenMs: -1, slowOpens: 1, slowPauseMs: Infinity }, () => 0);
    opens.time(() => {});
    return realFiles(torrent, new OpenFiles(4), { syncWriteBytes: 0, pace: { opens }, fsync: true });
  },
  'real files and a parts file for what they share': async ({ metainfo }) => {
    const folder = await makeTempFolder();
    const openFiles = new OpenFiles(4);
    const files = new FileStorage({
      files: metainfo.files,
      paths: new FilePaths(folder, metainfo),
      openFiles,
      finished: new Set(),
      syncWriteBytes: 262_144,
      fsync: false,
    });
    const parts = new PartsFile(folder, metainfo);
    const resident = new Set(parts.pieces);
    return new PartsStorage({
      files,
      layout: new FileLayout(metainfo.files),
      parts,
      resident,
      geometry: metainfo.geometry,
      folder,
      openFiles,
    });
  },
  memory: async ({ metainfo }) => new MemoryStorage(metainfo.files),
};

async function readBytes(storage: Storage, offset: number, length: number): Promise<Uint8Array> {
  const into = new Uint8Array(length + 20).fill(0xaa);
  await storage.read(offset, length, into, 10);
  expect(into.subarray(0, 10)).toEqual(new Uint8Array(10).fill(0xaa));
  expect(into.subarray(10 + length)).toEqual(new Uint8Array(10).fill(0xaa));
  return into.subarray(10, 10 + length);
}

describe.each(Object.entries(MAKERS))('%s', (_name, make) => {
  test('gives back what was written, across files and padding', async () => {
    const storage = await make(TORRENT);
    const { content } = TORRENT;
    await storage.write(0, content, 0, content.length);
    expectSameBytes(await readBytes(storage, 0, content.length), content);
    expectSameBytes(await readBytes(storage, 99_990, 20), content.subarray(99_990, 100_010));
    storage.close();
  });

  test('takes pieces in any order and only the asked part of the buffer', async () => {
    const storage = await make(TORRENT);
    const { content } = TORRENT;
    const cuts = [0, 65_536, 99_999, 131_072, 400_000, content.length];
    for (const at of [3, 0, 4, 1, 2]) {
      const piece = new Uint8Array(cuts[at + 1] - cuts[at] + 200).fill(0x55);
      piece.set(content.subarray(cuts[at], cuts[at + 1]), 100);
      await storage.write(cuts[at], piece, 100, piece.length - 100);
    }
    expectSameBytes(await readBytes(storage, 0, content.length), content);
    storage.close();
  });

  test('a write that is done at once has read its bytes', async () => {
    const storage = await make(TORRENT);
    const bytes = TORRENT.content.slice(0, 1000);
    const pending = storage.write(0, bytes, 0, bytes.length);
    if (pending !== undefined) await pending;
    bytes.fill(0);
    expectSameBytes(await readBytes(storage, 0, 1000), TORRENT.content.subarray(0, 1000));
    storage.close();
  });

  test('padding is zeros, whatever is written there', async () => {
    const storage = await make(TORRENT);
    await storage.write(100_001, new Uint8Array(30_000).fill(9), 0, 30_000);
    expectSameBytes(await readBytes(storage, 100_001, 30_000), new Uint8Array(30_000));
    storage.close();
  });

  test('reading what was never written is a StorageError', async () => {
    const storage = await make(TORRENT);
    await expect(storage.read(200_000, 10, new Uint8Array(10), 0)).rejects.toMatchObject({
      code: 'storage_failed',
      detail: { errno: 'ENOENT' },
    });
    storage.close();
  });

  test('finished files can still be read, empty ones can be finished, idle ones come back', async () => {
    const storage = await make(TORRENT);
    const { content } = TORRENT;
    await storage.write(0, content, 0, content.length);
    for (const file of [0, 2, 4, 1]) await storage.finishFile(file);
    expectSameBytes(await readBytes(storage, 0, content.length), content);
    storage.releaseIdle();
    expectSameBytes(await readBytes(storage, 50, 100_000), content.subarray(50, 100_050));
    storage.close();
  });

  test('many reads and writes at a time do not disturb each other', async () => {
    const storage = await make(TORRENT);
    const { content } = TORRENT;
    await storage.write(0, content, 0, content.length);
    const reads = Array.from({ length: 50 }, async (_, i) => {
      const offset = (i * 7919) % (content.length - 20_000);
      const again = storage.write(offset, content, offset, offset + 20_000);
      if (again !== undefined) await again;
      expectSameBytes(await readBytes(storage, offset, 20_000), content.subarray(offset, offset + 20_000));
    });
    await Promise.all(reads);
    storage.close();
  });
});
