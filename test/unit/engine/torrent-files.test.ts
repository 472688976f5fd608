import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTorrent, verifyFolder, type VerifyReport } from '../../../src/engine/torrent-files.js';
import type { Metainfo } from '../../../src/metainfo/metainfo.js';
import { parseTorrentFile } from '../../../src/metainfo/torrent-file.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { fixturePayload, readTorrentFixture, torrentFixture } from '../../support/torrent-fixtures.js';

const KIB = 1024;

/** Three files: `a` is the first piece and the half of the second, `b` lies within the second, `c` is its end and the third. */
async function prepare(): Promise<{ folder: string; metainfo: Metainfo; file: (name: string) => string }> {
  const folder = await makeTempFolder();
  const file = (name: string): string => path.join(folder, 'data', name);
  await mkdir(path.join(folder, 'data'));
  await writeFile(file('a'), fixturePayload(1, 24 * KIB));
  await writeFile(file('b'), fixturePayload(2, 4 * KIB));
  await writeFile(file('c'), fixturePayload(3, 20 * KIB));
  await writeFile(file('empty'), '');
  const { metainfo } = await createTorrent(path.join(folder, 'data'), { pieceLength: 16 * KIB });
  return { folder, metainfo, file };
}

const statuses = (report: VerifyReport): string[] => report.files.map((found) => found.status);

describe('verifyFolder', () => {
  test('whole data is whole, and progress reaches the end', async () => {
    const { folder, metainfo } = await prepare();
    const progress: number[] = [];
    const report = await verifyFolder(metainfo, folder, { onProgress: (done) => progress.push(done) });
    expect(report).toMatchObject({ isWhole: true, pieceCount: 3, badPieces: 0 });
    expect(statuses(report)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(progress.at(-1)).toBe(48 * KIB);
  });

  test('a missing file does not blame those that share a piece with it', async () => {
    const { folder, metainfo, file } = await prepare();
    await rm(file('b'));
    const report = await verifyFolder(metainfo, folder);
    expect(report).toMatchObject({ isWhole: false, badPieces: 1 });
    expect(statuses(report)).toEqual(['unsure', 'missing', 'unsure', 'ok']);
  });

  test('a wrong byte blames every file of its piece, where none of them explains it', async () => {
    const { folder, metainfo, file } = await prepare();
    const bytes = fixturePayload(2, 4 * KIB);
    bytes[7] ^= 1;
    await writeFile(file('b'), bytes);
    expect(statuses(await verifyFolder(metainfo, folder))).toEqual(['bad', 'bad', 'bad', 'ok']);
  });

  test('a file that is too short, and an empty one that is missing', async () => {
    const { folder, metainfo, file } = await prepare();
    await truncate(file('c'), 20 * KIB - 1);
    await rm(file('empty'));
    const report = await verifyFolder(metainfo, folder);
    expect(statuses(report)).toEqual(['ok', 'ok', 'wrong-size', 'missing']);
    expect(report.files[2]).toMatchObject({ length: 20 * KIB, actualLength: 20 * KIB - 1 });
    expect(report.isWhole).toBe(false);
  });

  test('a folder in the place of a file', async () => {
    const { folder, metainfo, file } = await prepare();
    await rm(file('b'));
    await mkdir(file('b'));
    expect(statuses(await verifyFolder(metainfo, folder))).toEqual(['unsure', 'unreadable', 'unsure', 'ok']);
  });

  test('padding is not looked for', async () => {
    const folder = await makeTempFolder();
    const fixture = torrentFixture('padding.torrent');
    const real = fixture.files.filter((item) => item.isPadding !== true);
    for (const item of real) {
      await mkdir(path.join(folder, ...item.path.slice(0, -1)), { recursive: true });
      await writeFile(path.join(folder, ...item.path), item.bytes);
    }
    const report = await verifyFolder(parseTorrentFile(readTorrentFixture('padding.torrent')), folder);
    expect(report.isWhole).toBe(true);
    expect(report.files.map((found) => found.path)).toEqual(real.map((item) => item.path));
  });

  test('can be given up', async () => {
    const { folder, metainfo } = await prepare();
    const reason = new Error('enough');
    await expect(verifyFolder(metainfo, folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
