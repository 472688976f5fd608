// The disk fails: full, read-only, an error of the device. The download ends with what failed, where and why, and the next
// run goes on from what was verified. The file system's own calls fail here, so that all of storage/ is in the test.

import fs from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { StorageError } from '../../src/model/error.js';
import { expectWhole, filesBelow, nextNotice, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const PIECE = 32_768;
const torrent = storedTorrent({
  pieceLength: PIECE,
  files: [
    ['a', 10 * PIECE],
    ['sub/b', 10 * PIECE + 5],
  ],
});

afterEach(() => {
  vi.restoreAllMocks();
});

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made by a test`), { code });
}

/** Calls that have `match` in one of their parameters fail from the one after the `count`-th on. */
function failAfter(name: 'writeSync' | 'renameSync' | 'mkdirSync', count: number, code: string, match = ''): void {
  const real = fs[name] as (...parameters: unknown[]) => unknown;
  let calls = 0;
  const failing = (...parameters: unknown[]): unknown => {
    const isMeant = parameters.some((parameter) => String(parameter).includes(match));
    if (isMeant && ++calls > count) throw systemError(code);
    return real(...parameters);
  };
  vi.spyOn(fs, name).mockImplementation(failing);
}

test('a disk that fills up: the error names it, and the next run goes on', async () => {
  const folder = await makeTempFolder();
  const seeder = await startSeeder(torrent);
  failAfter('writeSync', 7, 'ENOSPC');
  const first = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
  const failed = nextNotice(first, 'storage-failed');
  await expect(first.done()).rejects.toThrow(StorageError);
  await expect(first.done()).rejects.toMatchObject({
    code: 'storage_failed',
    detail: { operation: 'write', path: expect.stringMatching(/album\/(a|sub\/b)\.part$/) as string, errno: 'ENOSPC' },
  });
  expect((await failed).failure.errno).toBe('ENOSPC');
  const { verifiedBytes } = first.snapshot();
  expect(verifiedBytes).toBeGreaterThan(0);
  const left = await filesBelow(folder);
  expect(left.filter((name) => name.endsWith('.lock'))).toEqual([]);
  vi.restoreAllMocks();

  const before = seeder.counts.payloadBytes;
  const second = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
  expect(await second.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
  expect(seeder.counts.payloadBytes - before).toBeLessThanOrEqual(20 * PIECE + 5 - verifiedBytes);
});

test('a read-only file system is refused at the start', async () => {
  const folder = await makeTempFolder();
  failAfter('mkdirSync', 0, 'EROFS', folder);
  const inside = path.join(folder, 'new');
  await expect(startSession(torrent.metainfo, inside)).rejects.toMatchObject({
    code: 'storage_failed',
    detail: { operation: 'mkdir', path: inside, errno: 'EROFS' },
  });
});

test('a folder that cannot be made within the output ends the download', async () => {
  const folder = await makeTempFolder();
  const seeder = await startSeeder(torrent);
  failAfter('mkdirSync', 0, 'EACCES', path.join('album', 'sub'));
  const server = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
  await expect(server.done()).rejects.toMatchObject({ code: 'storage_failed', detail: { errno: 'EACCES' } });
});

test('a rename that fails leaves the part file, and the next run needs nobody', async () => {
  const folder = await makeTempFolder();
  const seeder = await startSeeder(torrent);
  failAfter('renameSync', 0, 'EIO', path.join('album', 'a'));
  const server = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
  await expect(server.done()).rejects.toMatchObject({
    code: 'storage_failed',
    detail: { operation: 'rename', path: path.join(folder, 'album/a'), errno: 'EIO' },
  });
  expect(await filesBelow(folder)).toContain('album/a.part');
  vi.restoreAllMocks();
  const second = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
  expect(await second.done()).toMatchObject({ status: 'complete' });
  await expectWhole(folder, torrent);
});

test('a resume state that cannot be written is no reason to end', async () => {
  const folder = await makeTempFolder();
  const seeder = await startSeeder(torrent, { rateBytesPerSecond: 1_000_000 });
  const real = fs.writeFileSync;
  vi.spyOn(fs, 'writeFileSync').mockImplementation((file, ...rest) => {
    if (String(file).includes('.resume')) throw systemError('ENOSPC');
    real(file, ...rest);
  });
  const first = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
  await nextNotice(first, 'piece-stored', ({ have }) => have >= 3);
  await first.stop();
  expect(await first.done()).toMatchObject({ status: 'stopped' });
  const { havePieces } = first.snapshot();
  const second = await startSession(torrent.metainfo, folder);
  expect(await nextNotice(second, 'checked')).toMatchObject({ havePieces, resumed: false });
});

test('data that vanishes while it is served ends the seeding with its name', async () => {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a': torrent.fileBytes(0), 'album/sub/b': torrent.fileBytes(1) });
  const server = await startSession(torrent.metainfo, folder, { seed: true, isReadOnly: true });
  await nextNotice(server, 'checked');
  fs.truncateSync(path.join(folder, 'album/a'), 5);
  const leecher = await startSession(torrent.metainfo, null, { peers: [peerHint(server)] });
  await expect(server.done()).rejects.toMatchObject({
    code: 'storage_failed',
    detail: { operation: 'read', path: path.join(folder, 'album/a'), errno: 'ESHORT' },
  });
  expect(leecher.snapshot().hashFailures).toBe(0);
});
