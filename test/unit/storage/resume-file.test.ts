import { existsSync, readdirSync } from 'node:fs';
import { appendFile, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { countingStamp, scanFiles } from '../../../src/storage/file-scan.js';
import { ResumeFile } from '../../../src/storage/resume-file.js';
import { putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 1000,
  files: [
    ['a', 2500],
    ['b', 2500],
  ],
});
const { metainfo } = TORRENT;

function pieces(...indices: number[]): Bitfield {
  const have = new Bitfield(metainfo.geometry.pieceCount);
  for (const piece of indices) have.set(piece as PieceIndex);
  return have;
}

async function setUp(): Promise<{
  folder: string;
  file: (bootId?: string | null) => ResumeFile;
  trusted: (bootId?: string | null) => Promise<boolean[] | null>;
}> {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a.part': TORRENT.fileBytes(0), 'album/b': TORRENT.fileBytes(1) });
  const paths = new FilePaths(folder, metainfo);
  const file = (bootId: string | null = 'this boot'): ResumeFile => new ResumeFile({ metainfo, paths, bootId });
  const trusted = async (bootId?: string | null): Promise<boolean[] | null> => {
    const state = await file(bootId).load();
    if (state === null) return null;
    return scanFiles({ metainfo, paths }).map((found, index) => state.isTrusted(index, countingStamp(found)));
  };
  return { folder, file, trusted };
}

describe('what was saved', () => {
  test('comes back, and vouches for files that have not changed', async () => {
    const { file, trusted } = await setUp();
    file().save(pieces(0, 2, 4), { synced: false });
    const state = await file().load();
    expect([...(state?.have ?? [])]).toEqual([0, 2, 4]);
    expect(await trusted()).toEqual([true, true]);
  });

  test('lies beside the data under one name of ours, which goes when the data is whole', async () => {
    const { folder, file } = await setUp();
    file().save(pieces(0), { synced: false });
    const names = readdirSync(folder).filter((name) => name !== 'album');
    expect(names).toEqual([path.basename(file().path)]);
    expect(names[0]).toMatch(/^\.effusion-[0-9a-f]{8}\.resume$/);
    file().remove();
    file().remove();
    expect(readdirSync(folder)).toEqual(['album']);
  });

  test('is nothing where there is nothing to say', async () => {
    const { file } = await setUp();
    file().save(pieces(1), { synced: false });
    file().save(pieces(), { synced: false });
    expect(existsSync(file().path)).toBe(false);
  });

  test('does not vouch for a file of another size, nor of another time, nor for one that is gone', async () => {
    const { folder, file, trusted } = await setUp();
    file().save(pieces(0, 4), { synced: false });
    await appendFile(path.join(folder, 'album/a.part'), 'x');
    expect(await trusted()).toEqual([false, true]);
    file().save(pieces(0, 4), { synced: false });
    await utimes(path.join(folder, 'album/b'), 1, 1);
    expect(await trusted()).toEqual([true, false]);
    await rename(path.join(folder, 'album/a.part'), path.join(folder, 'album/elsewhere'));
    expect(await trusted()).toEqual([false, false]);
  });

  test('a part file that got its name since is still the same file', async () => {
    const { folder, file, trusted } = await setUp();
    file().save(pieces(0, 1, 2), { synced: false });
    await rename(path.join(folder, 'album/a.part'), path.join(folder, 'album/a'));
    expect(await trusted()).toEqual([true, true]);
  });

  test('counts for nothing after a restart of the machine, unless it was flushed', async () => {
    const { file, trusted } = await setUp();
    file().save(pieces(0), { synced: false });
    expect(await trusted('another boot')).toBeNull();
    expect(await trusted(null)).toBeNull();
    file().save(pieces(0), { synced: true });
    expect(await trusted('another boot')).toEqual([true, true]);
  });

  test('without a boot id, two runs are never taken for one boot', async () => {
    const { file, trusted } = await setUp();
    file(null).save(pieces(0), { synced: false });
    expect(await trusted(null)).toBeNull();
  });

  test('a later save sees changes of files that are not whole yet', async () => {
    const { folder, file, trusted } = await setUp();
    const resume = file();
    resume.save(pieces(0), { synced: false });
    await appendFile(path.join(folder, 'album/a.part'), 'x');
    resume.save(pieces(0, 1), { synced: false });
    expect(await trusted()).toEqual([true, true]);
  });
});

describe('what can not be used is as good as nothing', () => {
  test.each([
    ['garbage', () => '\u0000\u0001'],
    ['half of it', (text: string) => text.slice(0, text.length / 2)],
    ['another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['another torrent', (text: string) => text.replace(/"infoHash":"../, '"infoHash":"ff')],
    ['a bitfield that is too short', (text: string) => text.replace(/"pieces":"[^"]*"/, '"pieces":""')],
    ['a spare bit that is set', (text: string) => text.replace(/"pieces":"[^"]*"/, '"pieces":"Bw=="')],
    ['too few files', (text: string) => text.replace(/"files":.*\]/, '"files":[null]')],
    ['sizes that are no numbers', (text: string) => text.replaceAll('2500', '"x"')],
    ['a list', () => '[]'],
  ])('%s', async (_what, change) => {
    const { file } = await setUp();
    file().save(pieces(0, 1), { synced: true });
    const before = await readFile(file().path, 'utf8');
    const after = change(before);
    expect(after).not.toBe(before);
    await writeFile(file().path, after);
    expect(await file().load()).toBeNull();
  });

  test('no file at all', async () => {
    const { file } = await setUp();
    expect(await file().load()).toBeNull();
  });
});

test('a save that fails leaves the last one as it was, and is a StorageError', async () => {
  const { folder, file } = await setUp();
  file().save(pieces(0), { synced: false });
  const disk = {
    ...REAL_DISK,
    writeFileSync: () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  };
  const failing = new ResumeFile({ metainfo, paths: new FilePaths(folder, metainfo), bootId: 'this boot', disk });
  expect(() => failing.save(pieces(0, 1), { synced: false })).toThrow(
    expect.objectContaining({ detail: { operation: 'write', path: failing.path, errno: 'ENOSPC' } }),
  );
  expect([...((await file().load())?.have ?? [])]).toEqual([0]);
});
