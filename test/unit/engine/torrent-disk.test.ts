// Between a folder and a session: that others see the folder taken while it is looked at, and that all of the space is taken where that is
// wanted. The disk is real.

import { existsSync, statfsSync, statSync, utimesSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CONFIG } from '../../../src/engine/config.js';
import { SpaceLedger } from '../../../src/engine/space-ledger.js';
import { TorrentDisk, type TorrentDiskOptions } from '../../../src/engine/torrent-disk.js';
import type { Metainfo } from '../../../src/metainfo/metainfo.js';
import { Geometry } from '../../../src/model/geometry.js';
import { DiskPaces } from '../../../src/storage/disk-pace.js';
import { OpenFiles } from '../../../src/storage/open-files.js';
import { PartsFile } from '../../../src/storage/parts-file.js';
import { expectSameBytes, putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** Pieces 0, 2 and 4 are shared: of a and b, of b and c, of c and d. */
const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 1000],
    ['b', 40_000],
    ['c', 40_000],
    ['d', 40_000],
  ],
});
const { metainfo } = TORRENT;

function createClient(): TorrentDiskOptions['client'] {
  return { openFiles: new OpenFiles(8), space: new SpaceLedger(), diskPaces: new DiskPaces(CONFIG.storage, () => 0) };
}

function take(
  folder: string,
  options: TorrentDiskOptions['options'],
  { client = createClient(), torrent = metainfo }: { client?: TorrentDiskOptions['client']; torrent?: Metainfo } = {},
): TorrentDisk {
  const disk = new TorrentDisk({ metainfo: torrent, folder, client, options });
  disk.lock();
  onTestFinished(() => disk.unlock());
  return disk;
}

async function open(disk: TorrentDisk): Promise<void> {
  const { storage } = await disk.open(() => {}, new AbortController().signal);
  storage.close();
}

test('the lock is touched while the parts file of an earlier choice is hashed', async () => {
  const folder = await makeTempFolder();
  const parts = new PartsFile(folder, metainfo);
  await putFiles(folder, { [path.basename(parts.path)]: new Uint8Array(3 * 16_384) });
  const disk = take(folder, { files: [1] });
  const locks = (await readdir(folder)).filter((name) => name.endsWith('.lock')).map((name) => path.join(folder, name));
  expect(locks).toHaveLength(2);
  for (const lock of locks) utimesSync(lock, 5, 5);
  await open(disk);
  for (const lock of locks) expect(statSync(lock).mtimeMs).toBeGreaterThan(5000);
});

test('allocate full: what a choice keeps in the parts file is taken too, and what is there stays', async () => {
  const folder = await makeTempFolder();
  const parts = new PartsFile(folder, metainfo);
  await putFiles(folder, { [path.basename(parts.path)]: TORRENT.pieceBytes(0) });
  await open(take(folder, { files: [1], allocate: 'full' }));
  const stat = statSync(parts.path);
  expect(stat.size).toBe(2 * 16_384);
  expect(stat.blocks * 512).toBeGreaterThanOrEqual(2 * 16_384);
  expectSameBytes((await readFile(parts.path)).subarray(0, 16_384), TORRENT.pieceBytes(0));
  expect(statSync(path.join(folder, 'album/b.part')).size).toBe(40_000);
});

describe.runIf(canReserve())('a large file', () => {
  const length = CONFIG.storage.reserveFromBytes;
  const { metainfo: small } = storedTorrent({ name: 'large', pieceLength: 16_384, files: [['', 1]] });
  const large: Metainfo = {
    ...small,
    files: [{ ...small.files[0], length }],
    geometry: new Geometry(length, length / 4),
    pieceHashes: new Uint8Array(80),
  };

  test.each([
    ['auto', {}, length, 0],
    ['none', { allocate: 'none' }, 16_384, length - 16_384],
  ] as const)('%s: what it takes is not promised any more', async (_mode, options, takenBytes, leftBytes) => {
    const folder = await makeTempFolder();
    const client = createClient();
    const { storage } = await take(folder, options, { client, torrent: large }).open(() => {}, new AbortController().signal);
    const { dev } = statSync(folder);
    expect(client.space.claimedOn(dev)).toBe(length);
    await storage.write(0, new Uint8Array(16_384).fill(1), 0, 16_384);
    const { size, blocks } = statSync(path.join(folder, 'large.part'));
    expect(size).toBe(16_384);
    expect(blocks * 512).toBeGreaterThanOrEqual(takenBytes);
    expect(blocks * 512).toBeLessThan(takenBytes + 65_536);
    expect(client.space.claimedOn(dev)).toBe(leftBytes);
    storage.close();
  });
});

/** ext4, and the command. */
function canReserve(): boolean {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return statfsSync(tmpdir()).type === 0xef53 && folders.some((folder) => existsSync(path.join(folder, 'fallocate')));
}
