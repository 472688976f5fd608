import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FileLayout } from '../../../src/metainfo/file-layout.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { FileStorage } from '../../../src/storage/file-storage.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { PartsFile } from '../../../src/storage/parts-file.js';
import { PartsStorage } from '../../../src/storage/parts-storage.js';
import { expectSameBytes, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** Pieces 0 (a, b), 1 (b), 2 (b, c), 3 (c). */
const TORRENT = storedTorrent({
  pieceLength: 1000,
  files: [
    ['a', 400],
    ['b', 2000],
    ['c', 1100],
  ],
});

async function open(disk: Disk = REAL_DISK): Promise<{ folder: string; parts: PartsFile; storage: PartsStorage }> {
  const { metainfo } = TORRENT;
  const folder = await makeTempFolder();
  const openFiles = new OpenFiles(4, disk);
  const files = new FileStorage({
    files: metainfo.files,
    paths: new FilePaths(folder, metainfo),
    openFiles,
    finished: new Set(),
    untouched: new Set([0, 2]),
    syncWriteBytes: 262_144,
    fsync: false,
    disk,
  });
  const parts = new PartsFile(folder, metainfo, disk);
  const resident = new Set([0, 2] as PieceIndex[]);
  const layout = new FileLayout(metainfo.files);
  return {
    folder,
    parts,
    storage: new PartsStorage({ files, layout, parts, resident, geometry: metainfo.geometry, folder, openFiles, disk }),
  };
}

test('what was not chosen goes to the parts file, with the rest of its piece, and to no file', async () => {
  const { folder, parts, storage } = await open();
  expect(parts.pieces).toEqual([0, 2]);
  expect(parts.isThere).toBe(false);
  for (const piece of [2, 0, 1]) await storage.write(piece * 1000, TORRENT.pieceBytes(piece), 0, 1000);
  await storage.finishFile(1);
  expect(await readdir(path.join(folder, 'album'))).toEqual(['b']);
  expectSameBytes(await readFile(path.join(folder, 'album/b')), TORRENT.fileBytes(1));
  expectSameBytes(await readFile(parts.path), Buffer.concat([TORRENT.pieceBytes(0), TORRENT.pieceBytes(2)]));
  const into = new Uint8Array(3000);
  await storage.read(0, 3000, into, 0);
  expectSameBytes(into, TORRENT.content.subarray(0, 3000));
  storage.releaseIdle();
  await storage.read(2500, 300, into, 0);
  expectSameBytes(into.subarray(0, 300), TORRENT.content.subarray(2500, 2800));
  storage.close();
  parts.remove();
  parts.remove();
  expect(parts.size()).toBeNull();
});

test('it is as private as any new file, and hidden', async () => {
  const { folder, parts, storage } = await open();
  await storage.write(0, TORRENT.pieceBytes(0), 0, 1000);
  expect(path.basename(parts.path)).toMatch(/^\.effusion-[0-9a-f]{8}\.parts$/);
  const modes = await Promise.all([parts.path, path.join(folder, 'album/b.part')].map(async (file) => (await stat(file)).mode));
  expect(modes[0]).toBe(modes[1]);
  storage.close();
});

test('a full disk is told with the name of the parts file', async () => {
  const { parts, storage } = await open({
    ...REAL_DISK,
    writeSync: () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  });
  expect(() => storage.write(0, TORRENT.pieceBytes(0), 0, 1000)).toThrow(
    `cannot write ${parts.path}: no space left on the device`,
  );
});

test('a file that somebody has cut is told too', async () => {
  const { parts, storage } = await open();
  await storage.write(2000, TORRENT.pieceBytes(2), 0, 1000);
  REAL_DISK.ftruncateSync(REAL_DISK.openSync(parts.path, 'r+'), 1200);
  await expect(storage.read(2000, 1000, new Uint8Array(1000), 0)).rejects.toThrow('ESHORT');
  storage.close();
});
