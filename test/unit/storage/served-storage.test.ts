import { mkdir, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { FileLayout } from '../../../src/metainfo/file-layout.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { scanFiles } from '../../../src/storage/file-scan.js';
import { FileStorage } from '../../../src/storage/file-storage.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { ServedStorage } from '../../../src/storage/served-storage.js';
import { expectSameBytes, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** Pieces 0 (a), 1 (a, b), 2 (b) and 3 (b), the last one of 500 bytes. */
const TORRENT = storedTorrent({
  pieceLength: 1000,
  files: [
    ['a', 1500],
    ['b', 2000],
  ],
});

/** Of b, under its part name. */
async function open(): Promise<{ storage: ServedStorage; a: string; part: string; reads: [number, number][] }> {
  const { metainfo } = TORRENT;
  const folder = await makeTempFolder();
  const paths = new FilePaths(folder, metainfo);
  const part = paths.part(1);
  await mkdir(path.dirname(part), { recursive: true });
  await writeFile(paths.name(0), TORRENT.fileBytes(0));
  await writeFile(part, TORRENT.fileBytes(1));
  const files = new FileStorage({
    files: metainfo.files,
    paths,
    openFiles: new OpenFiles(4),
    finished: new Set([0]),
    isFinishedByOthers: true,
    syncWriteBytes: 262_144,
    fsync: false,
  });
  const reads: [number, number][] = [];
  const inner = files.read.bind(files);
  files.read = (offset, length, into, at) => {
    reads.push([offset, length]);
    return inner(offset, length, into, at);
  };
  const found = scanFiles({ metainfo, paths });
  const storage = new ServedStorage({ storage: files, metainfo, layout: FileLayout.of(metainfo.files), paths, found });
  return { storage, a: paths.name(0), part, reads };
}

async function expectRight(storage: ServedStorage, offset: number, length: number): Promise<void> {
  const into = new Uint8Array(length + 7);
  await storage.read(offset, length, into, 7);
  expectSameBytes(into.subarray(7), TORRENT.content.subarray(offset, offset + length));
}

test('what is as the check found it is read once, and not hashed', async () => {
  const { storage, reads } = await open();
  await expectRight(storage, 900, 700);
  expect(reads).toEqual([[900, 700]]);
  storage.close();
});

test('a byte of it that was changed is never handed out, and the rest of its file is', async () => {
  const { storage, part } = await open();
  await expectRight(storage, 2100, 300);
  const bytes = TORRENT.fileBytes(1).slice();
  // Of piece 2.
  bytes[600] ^= 1;
  await writeFile(part, bytes);
  for (let times = 0; times < 2; times++) {
    // Even where the changed byte itself is not asked for.
    const wrong = storage.read(2400, 100, new Uint8Array(100), 0);
    await expect(wrong).rejects.toMatchObject({ detail: { errno: 'ECHANGED', path: part } });
  }
  await expectRight(storage, 1000, 1000);
  await expectRight(storage, 3100, 400);
  await expectRight(storage, 0, 1000);
  storage.close();
});

test('what was only touched, or has got its name, is served on: hashed, and read once for all of a piece', async () => {
  const { storage, a, part, reads } = await open();
  await utimes(a, 1, 1);
  await rename(part, part.slice(0, -'.part'.length));
  for (const at of [2000, 2300, 2600]) await expectRight(storage, at, 300);
  expect(reads.filter(([, length]) => length === 1000)).toEqual([[2000, 1000]]);
  await expectRight(storage, 0, 3500);
  storage.close();
});

test('several reads at a time hold one piece, and one that fails holds up none of the others', async () => {
  const { storage, a, part } = await open();
  await utimes(a, 1, 1);
  await truncate(part, 100);
  // Piece 1 has lost its share of b, so its bytes of a can't be vouched for.
  const reads = [0, 3000, 1000, 200].map((offset) => storage.read(offset, 500, new Uint8Array(500), 0));
  const results = await Promise.allSettled(reads);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  await rm(part);
  await expectRight(storage, 100, 100);
  storage.close();
});
