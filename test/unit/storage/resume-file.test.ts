import { existsSync, readdirSync } from 'node:fs';
import { appendFile, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { countingStamp, scanFiles } from '../../../src/storage/file-scan.js';
import type { Flush } from '../../../src/storage/flush-process.js';
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

const flushes: Flush = (paths) => Promise.resolve(paths.map(() => null));
const never = new AbortController().signal;

async function setUp(): Promise<{
  folder: string;
  file: (bootId?: string | null, flush?: Flush) => ResumeFile;
  trusted: (bootId?: string | null) => Promise<boolean[] | null>;
}> {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'album/a.part': TORRENT.fileBytes(0), 'album/b': TORRENT.fileBytes(1) });
  const paths = new FilePaths(folder, metainfo);
  const file = (bootId: string | null = 'this boot', flush: Flush = flushes): ResumeFile =>
    new ResumeFile({ metainfo, paths, bootId, flush });
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
    file().save(pieces(0, 2, 4));
    const state = await file().load();
    expect([...(state?.have ?? [])]).toEqual([0, 2, 4]);
    expect(await trusted()).toEqual([true, true]);
  });

  test('lies beside the data under one name of ours, which goes when the data is whole', async () => {
    const { folder, file } = await setUp();
    file().save(pieces(0));
    const names = readdirSync(folder).filter((name) => name !== 'album');
    expect(names).toEqual([path.basename(file().path)]);
    expect(names[0]).toMatch(/^\.effusion-[0-9a-f]{8}\.resume$/);
    file().remove();
    file().remove();
    expect(readdirSync(folder)).toEqual(['album']);
  });

  test('is nothing where there is nothing to say', async () => {
    const { file } = await setUp();
    file().save(pieces(1));
    file().save(pieces());
    expect(existsSync(file().path)).toBe(false);
  });

  test('does not vouch for a file of another size, nor of another time, nor for one that is gone', async () => {
    const { folder, file, trusted } = await setUp();
    file().save(pieces(0, 4));
    await appendFile(path.join(folder, 'album/a.part'), 'x');
    expect(await trusted()).toEqual([false, true]);
    file().save(pieces(0, 4));
    await utimes(path.join(folder, 'album/b'), 1, 1);
    expect(await trusted()).toEqual([true, false]);
    await rename(path.join(folder, 'album/a.part'), path.join(folder, 'album/elsewhere'));
    expect(await trusted()).toEqual([false, false]);
  });

  test('a part file that got its name since is still the same file', async () => {
    const { folder, file, trusted } = await setUp();
    file().save(pieces(0, 1, 2));
    await rename(path.join(folder, 'album/a.part'), path.join(folder, 'album/a'));
    expect(await trusted()).toEqual([true, true]);
  });

  test('counts for nothing after a restart of the machine, unless it was flushed', async () => {
    const { file, trusted } = await setUp();
    file().save(pieces(0));
    expect(await trusted('another boot')).toBeNull();
    expect(await trusted(null)).toBeNull();
    await file().flush(pieces(0), never);
    expect(await trusted('another boot')).toEqual([true, true]);
    expect(await trusted(null)).toEqual([true, true]);
  });

  test('without a boot id, two runs are never taken for one boot', async () => {
    const { file, trusted } = await setUp();
    file(null).save(pieces(0));
    expect(await trusted(null)).toBeNull();
  });

  test('a later save sees changes of files that are not whole yet', async () => {
    const { folder, file, trusted } = await setUp();
    const resume = file();
    resume.save(pieces(0));
    await appendFile(path.join(folder, 'album/a.part'), 'x');
    resume.save(pieces(0, 1));
    expect(await trusted()).toEqual([true, true]);
  });
});

describe('a flush', () => {
  test('is of files that were not chosen too, as they were at first: what they hold is vouched for', async () => {
    const { folder, trusted } = await setUp();
    const paths = new FilePaths(folder, metainfo);
    const flushed: string[] = [];
    const flush: Flush = (files) => {
      flushed.push(...files.map((file) => path.relative(folder, file)));
      return flushes(files, never);
    };
    const resume = new ResumeFile({ metainfo, paths, bootId: 'this boot', flush, isChosen: (file) => file === 1 });
    resume.save(pieces(0));
    await resume.flush(pieces(0, 4), never);
    expect(flushed).toEqual(['album/a.part', 'album/b']);
    expect(await trusted('another boot')).toEqual([true, true]);
    await appendFile(path.join(folder, 'album/a.part'), 'x');
    resume.save(pieces(0, 3, 4));
    expect(await trusted()).toEqual([false, true]);
  });

  test('is of the files that are vouched for, and they are on the disk before the state says so', async () => {
    const { folder, file, trusted } = await setUp();
    const asked: string[] = [];
    const flush: Flush = async (paths) => {
      asked.push(...paths);
      expect(await trusted()).toEqual([true, true]);
      expect(await trusted('another boot')).toBeNull();
      return paths.map(() => null);
    };
    await file('this boot', flush).flush(pieces(0), never);
    expect(asked).toEqual([path.join(folder, 'album/a.part')]);
    expect(await trusted('another boot')).toEqual([true, true]);
  });

  test.each<[string, Flush]>([
    ['is not over in time', () => Promise.resolve(null)],
    ['can not be done on this file system', (paths) => Promise.resolve(paths.map(() => 'EINVAL'))],
  ])('that %s leaves a state that counts within this boot', async (_what, flush) => {
    const { file, trusted } = await setUp();
    await file('this boot', flush).flush(pieces(0, 4), never);
    expect(await trusted()).toEqual([true, true]);
    expect(await trusted('another boot')).toBeNull();
  });

  test('whose signal came writes nothing any more', async () => {
    const { file, trusted } = await setUp();
    const stop = new AbortController();
    const flush: Flush = (paths) => {
      stop.abort();
      return Promise.resolve(paths.map(() => null));
    };
    await file('this boot', flush).flush(pieces(0), stop.signal);
    expect(await trusted('another boot')).toBeNull();
  });

  test('in which the device lost something takes that file out, for this boot too', async () => {
    const { file, trusted } = await setUp();
    const flush: Flush = (paths) => Promise.resolve(paths.map((_, index) => (index === 0 ? 'EIO' : null)));
    await file('this boot', flush).flush(pieces(0, 4), never);
    expect(await trusted()).toEqual([false, true]);
    expect(await trusted('another boot')).toEqual([false, true]);
  });

  test('is not taken back by a save with nothing new, and is by one with a new piece or a changed file', async () => {
    const { folder, file, trusted } = await setUp();
    await file().flush(pieces(0, 1), never);
    const next = file('another boot');
    await next.load();
    next.save(pieces(0, 1));
    expect(await trusted('a third boot')).toEqual([true, true]);
    next.save(pieces(0, 1, 2));
    expect(await trusted('a third boot')).toBeNull();
    next.save(pieces(0, 1));
    await appendFile(path.join(folder, 'album/a.part'), 'x');
    next.save(pieces(0, 1));
    expect(await trusted('a third boot')).toBeNull();
  });

  test('asks only for what is new', async () => {
    const { folder, file } = await setUp();
    await file().flush(pieces(0, 4), never);
    const asked: string[] = [];
    const next = file('this boot', (paths) => {
      asked.push(...paths);
      return Promise.resolve(paths.map(() => null));
    });
    await next.load();
    await next.flush(pieces(0, 4), never);
    expect(asked).toEqual([]);
    await next.flush(pieces(0, 3, 4), never);
    expect(asked).toEqual([path.join(folder, 'album/b')]);
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
    await file().flush(pieces(0, 1), never);
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
  file().save(pieces(0));
  const disk = {
    ...REAL_DISK,
    writeFileSync: () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  };
  const failing = new ResumeFile({ metainfo, paths: new FilePaths(folder, metainfo), bootId: 'this boot', disk });
  expect(() => failing.save(pieces(0, 1))).toThrow(
    expect.objectContaining({ detail: { operation: 'write', path: failing.path, errno: 'ENOSPC' } }),
  );
  expect([...((await file().load())?.have ?? [])]).toEqual([0]);
});
