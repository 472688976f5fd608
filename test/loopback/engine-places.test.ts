// Where the data goes, each way of it with a real seeder: placed files, a folder for what is not whole, taken space, reused
// files, and the refusal of what has no room.

import { statSync } from 'node:fs';
import { mkdir, readFile, rm, statfs, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { planDownload } from '../../src/engine/download-plan.js';
import type { SessionOptions } from '../../src/engine/session-options.js';
import type { DownloadResult, SessionServer } from '../../src/engine/session-server.js';
import { verifyFolder } from '../../src/engine/torrent-files.js';
import { placeFiles, PlacementError } from '../../src/metainfo/placement.js';
import { StorageError } from '../../src/model/error.js';
import { Geometry } from '../../src/model/geometry.js';
import { expectWhole, filesBelow, nextNotice, openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { damaged, expectSameBytes, putFiles, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const TORRENT = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 150_000],
    ['empty', 0],
    ['sub/b', 270_000],
    ['sub/c', 5],
  ],
});
const { metainfo } = TORRENT;

async function run(folder: string, options: SessionOptions): Promise<Extract<DownloadResult, { status: 'complete' }>> {
  const seeder = await startSeeder(TORRENT);
  const session = await startSession(metainfo, folder, { peers: [peerHint(seeder)], ...options });
  const result = await session.done();
  if (result.status !== 'complete') throw new Error(result.reason);
  return result;
}

describe('placed', () => {
  const placement = { stripComponents: 1, renames: new Map([[3, 'first/of all']]) };

  test('files are where they are to be, the results say so, a second run finds them, and so does verify', async () => {
    const folder = await makeTempFolder();
    const result = await run(folder, { placement });
    expect(await filesBelow(folder)).toEqual(['a', 'empty', 'first/of all', 'sub/c']);
    expectSameBytes(await readFile(path.join(folder, 'first/of all')), TORRENT.fileBytes(2));
    expect(result.paths).toEqual(['a', 'empty', 'first', 'sub'].map((name) => path.join(folder, name)));
    const again = await run(folder, { placement });
    expect(again).toMatchObject({ alreadyComplete: true, downloadedBytes: 0 });
    expect((await verifyFolder(placeFiles(metainfo, placement), folder)).isWhole).toBe(true);
    // And others are served from there.
    const seed = await startSession(metainfo, folder, { placement, seed: true, isReadOnly: true });
    const other = await makeTempFolder();
    const fetched = await startSession(metainfo, other, { peers: [{ host: '127.0.0.1', port: seed.port ?? 0 }] });
    expect((await fetched.done()).status).toBe('complete');
    await expectWhole(other, TORRENT);
  });

  test('what can not be placed is refused at the start, with nothing made', async () => {
    const folder = path.join(await makeTempFolder(), 'out');
    await expect(startSession(metainfo, folder, { placement: { stripComponents: 2 } })).rejects.toThrow(PlacementError);
    await expect(readFile(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('two torrents without a folder of their own can not write one file at a time', async () => {
    const folder = await makeTempFolder();
    const waiting = { placement: { stripComponents: 1 }, listen: false };
    await startSession(metainfo, folder, waiting);
    const other = storedTorrent({
      name: 'other',
      pieceLength: 16_384,
      files: [
        ['a', 10],
        ['z', 10],
      ],
    });
    await expect(startSession(other.metainfo, folder, waiting)).rejects.toMatchObject({ detail: { errno: 'EINUSE' } });
    // Nothing of the refused one is left locked.
    const third = storedTorrent({
      name: 'third',
      pieceLength: 16_384,
      files: [
        ['z', 10],
        ['y', 10],
      ],
    });
    await startSession(third.metainfo, folder, waiting);
  });
});

test('two torrents of thousands of files at the top can not write one of the last', async () => {
  const folder = await makeTempFolder();
  const waiting = { placement: { stripComponents: 1 }, listen: false };
  const many = (name: string): typeof metainfo =>
    storedTorrent({
      name,
      pieceLength: 16_384,
      files: [...Array.from({ length: 100 }, (_, index): [string, number] => [`${name} ${index}`, 10]), ['same', 10]],
    }).metainfo;
  await startSession(many('one'), folder, waiting);
  await expect(startSession(many('two'), folder, waiting)).rejects.toMatchObject({
    detail: { errno: 'EINUSE' },
    message: expect.stringContaining('"same"') as string,
  });
  // What is not chosen is not written.
  await startSession(many('three'), folder, { ...waiting, files: [0, 99] });
});

test('a folder for what is not whole: finished files are in the output folder alone, state and part files never', async () => {
  const folder = await makeTempFolder();
  const [out, inc] = [path.join(folder, 'out'), path.join(folder, 'inc')];
  const seeder = await startSeeder(TORRENT);
  const session = await startSession(metainfo, out, {
    peers: [peerHint(seeder)],
    incompleteFolder: inc,
    maxDownloadBytesPerSecond: 400_000,
  });
  await nextNotice(session, 'piece-stored');
  expect((await filesBelow(inc)).some((name) => name.endsWith('.lock'))).toBe(true);
  await session.stop();
  expect((await filesBelow(out).catch(() => [])).filter((name) => /\.part$|\.effusion/.test(name))).toEqual([]);
  expect((await filesBelow(inc)).some((name) => name.endsWith('.part'))).toBe(true);
  const result = await run(out, { incompleteFolder: inc });
  expect(result.downloadedBytes).toBeLessThan(metainfo.geometry.totalLength);
  await expectWhole(out, TORRENT);
  expect(await filesBelow(inc)).toEqual([]);
});

test('a folder for what is not whole that would be in the way of the data is refused, with nothing made', async () => {
  const torrent = storedTorrent({
    pieceLength: 16_384,
    files: [
      ['x', 50_000],
      ['album/x.part', 50_000],
    ],
  });
  const folder = path.join(await makeTempFolder(), 'out');
  const apart = { incompleteFolder: path.join(folder, 'album') };
  await expect(startSession(torrent.metainfo, folder, apart)).rejects.toThrow(PlacementError);
  await expect(planDownload(torrent.metainfo, folder, apart)).rejects.toThrow(PlacementError);
  await expect(readFile(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  // Where no file meets another one it may be there.
  await run(folder, { incompleteFolder: path.join(folder, 'album') });
  await expectWhole(folder, TORRENT);
});

describe('two runs of one torrent do not get into each other', () => {
  const waiting = { listen: false };

  test('where they share the output folder alone: whole files arrive there under hidden names', async () => {
    const folder = await makeTempFolder();
    const out = path.join(folder, 'out');
    await startSession(metainfo, out, { ...waiting, incompleteFolder: path.join(folder, 'one') });
    for (const incompleteFolder of [path.join(folder, 'two'), out]) {
      const second = startSession(metainfo, out, { ...waiting, incompleteFolder });
      await expect(second).rejects.toMatchObject({ detail: { errno: 'EINUSE' } });
    }
  });

  test('where they place its files under other names', async () => {
    const folder = await makeTempFolder();
    await startSession(metainfo, folder, { ...waiting, placement: { name: 'one' } });
    const second = startSession(metainfo, folder, { ...waiting, placement: { name: 'two' } });
    await expect(second).rejects.toMatchObject({ detail: { errno: 'EINUSE' } });
  });

  test('and one run not into itself, where its two folders are one', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'out'));
    await symlink('out', path.join(folder, 'link'));
    await run(path.join(folder, 'out'), { incompleteFolder: path.join(folder, 'link') });
    await expectWhole(path.join(folder, 'out'), TORRENT);
  });
});

test.each(['sparse', 'full'] as const)('space is taken before a byte comes: %s', async (allocate) => {
  const folder = await makeTempFolder();
  const session = await startSession(metainfo, folder, { allocate, listen: false });
  await nextNotice(session, 'checked');
  const part = statSync(path.join(folder, 'album/sub/b.part'));
  expect(part.size).toBe(270_000);
  if (allocate === 'full') expect(part.blocks * 512).toBeGreaterThanOrEqual(270_000);
  await session.stop();
  await run(folder, { allocate });
  await expectWhole(folder, TORRENT);
});

describe('reused', () => {
  test('what is there under other names is not fetched', async () => {
    const folder = await makeTempFolder();
    const [out, elsewhere] = [path.join(folder, 'out'), path.join(folder, 'elsewhere')];
    await putFiles(elsewhere, { 'old name': TORRENT.fileBytes(0), 'deep/er': damaged(TORRENT.fileBytes(2), 200_000) });
    const result = await run(out, { reuseFolders: [elsewhere] });
    expect(result.alreadyComplete).toBe(false);
    // One piece with a wrong byte, and the last one with the file that is not there.
    expect(result.downloadedBytes).toBeLessThanOrEqual(3 * 16_384);
    await expectWhole(out, TORRENT);
    expect(await filesBelow(elsewhere)).toEqual(['deep/er', 'old name']);
  });

  test('all of it: nobody is asked', async () => {
    const folder = await makeTempFolder();
    const [out, elsewhere] = [path.join(folder, 'out'), path.join(folder, 'elsewhere')];
    await putFiles(elsewhere, { 1: TORRENT.fileBytes(0), 2: TORRENT.fileBytes(2), 3: TORRENT.fileBytes(3) });
    const session = await startSession(metainfo, out, { reuseFolders: [elsewhere], listen: false });
    expect(await session.done()).toMatchObject({ status: 'complete', downloadedBytes: 0 });
    await expectWhole(out, TORRENT);
  });
});

describe('free space', () => {
  /** Nothing of it is ever written. */
  const huge = (name: string, length: number): typeof metainfo => {
    const { metainfo: small } = storedTorrent({ name, pieceLength: 16_384, files: [['', 1]] });
    const geometry = new Geometry(length, Math.ceil(length / 4));
    return { ...small, files: [{ ...small.files[0], length }], geometry, pieceHashes: new Uint8Array(80) };
  };

  const ended = async (session: SessionServer): Promise<unknown> => session.done().catch((error: unknown) => error);

  test('less than is missing: refused before anybody is asked, or begun where it is not to be looked at', async () => {
    const folder = await makeTempFolder();
    const seeder = await startSeeder(TORRENT);
    const wish = { peers: [peerHint(seeder)], listen: false };
    const error = await ended(await startSession(huge('huge', 2 ** 50), folder, wish));
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ detail: { operation: 'space', errno: 'ENOSPC', path: folder } });
    expect(seeder.connectionCount).toBe(0);
    expect(await filesBelow(folder)).toEqual([]);
    await nextNotice(await startSession(huge('huge', 2 ** 50), folder, { ...wish, checkSpace: false }), 'checked');
  });

  test('what shared pieces of a choice take up counts too, in the run and in the plan', async () => {
    const { metainfo: small } = storedTorrent({
      pieceLength: 16_384,
      files: [
        ['a', 10],
        ['b', 10],
      ],
    });
    const geometry = new Geometry(2 ** 50, 2 ** 48);
    const [a, b] = small.files;
    const files = [a, { ...b, length: 2 ** 50 - 10 }];
    const shared = { ...small, files, geometry, pieceHashes: new Uint8Array(80) };
    const folder = await makeTempFolder();
    expect(await ended(await startSession(shared, folder, { files: [0], listen: false }))).toMatchObject({
      detail: { operation: 'space', errno: 'ENOSPC' },
    });
    expect((await planDownload(shared, folder, { files: [0] })).space).toMatchObject([{ neededBytes: 2 ** 48 + 10 }]);
  });

  test('what a running torrent still needs is not there for the next one; what one has given up is', async () => {
    const folder = await makeTempFolder();
    const { bavail, bsize } = await statfs(folder);
    const most = Math.floor(bavail * bsize * 0.6);
    const client = await openClient({ listen: false });
    const first = await startSession(huge('first', most), folder, { client });
    await nextNotice(first, 'checked');
    expect(await ended(await startSession(huge('second', most), folder, { client }))).toMatchObject({
      detail: { errno: 'ENOSPC' },
    });
    await first.stop();
    await nextNotice(await startSession(huge('second', most), folder, { client }), 'checked');
  });
});

describe('a plan', () => {
  test('says what there is, what would be fetched, and from where the rest would come, and writes nothing', async () => {
    const folder = await makeTempFolder();
    const [out, elsewhere] = [path.join(folder, 'out'), path.join(folder, 'elsewhere')];
    await putFiles(out, { 'album/a': TORRENT.fileBytes(0) });
    await putFiles(elsewhere, { x: damaged(TORRENT.fileBytes(2), 100_000) });
    const plan = await planDownload(metainfo, out, { reuseFolders: [elsewhere] });
    expect(plan.files).toEqual([
      // Its last piece is the first of b.
      { position: 1, path: path.join(out, 'album/a'), length: 150_000, fetchBytes: 0, state: 'whole' },
      { position: 2, path: path.join(out, 'album/empty'), length: 0, fetchBytes: 0, state: 'absent' },
      {
        position: 3,
        path: path.join(out, 'album/sub/b'),
        length: 270_000,
        fetchBytes: expect.any(Number),
        state: 'absent',
        reusedFrom: path.join(elsewhere, 'x'),
      },
      { position: 4, path: path.join(out, 'album/sub/c'), length: 5, fetchBytes: 5, state: 'absent' },
    ]);
    expect(plan.files[2].fetchBytes).toBeLessThanOrEqual(2 * 16_384);
    expect(plan.fetchBytes).toBe(plan.files[2].fetchBytes + 5);
    expect(plan.space).toMatchObject([{ folder: out, neededBytes: 270_005 }]);
    expect(await filesBelow(folder)).toEqual(['elsewhere/x', 'out/album/a']);
  });

  test('of a run that was interrupted, and of one that would be refused', async () => {
    const out = await makeTempFolder();
    await putFiles(out, { 'album/sub/b.part': TORRENT.fileBytes(2), 'album/a': new Uint8Array(3) });
    const plan = await planDownload(metainfo, out, { overwrite: 'never' });
    expect(plan.files.map(({ state }) => state)).toEqual(['other', 'absent', 'part', 'absent']);
    expect(plan.refused).toEqual([path.join(out, 'album/a')]);
    const anew = await planDownload(metainfo, out, { overwrite: 'always' });
    expect(anew.files[0].fetchBytes).toBe(150_000);
    expect(await filesBelow(out)).toEqual(['album/a', 'album/sub/b.part']);
  });

  test('goes by where files are placed, and knows of no folder that is not there', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'out'));
    await writeFile(path.join(folder, 'out/a'), TORRENT.fileBytes(0));
    const plan = await planDownload(metainfo, path.join(folder, 'out'), {
      placement: { stripComponents: 1 },
      incompleteFolder: path.join(folder, 'inc'),
    });
    expect(plan.files.map(({ path: place }) => path.relative(folder, place))).toEqual([
      'out/a',
      'out/empty',
      'out/sub/b',
      'out/sub/c',
    ]);
    expect(await filesBelow(folder)).toEqual(['out/a']);
  });
});

test('a note of a chosen file is of its place: another file that lies there now, as large and as old, is not taken for it', async () => {
  const torrent = storedTorrent({
    pieceLength: 16_384,
    files: [
      ['x', 5000],
      ['y', 5000],
      ['z', 20_000],
    ],
  });
  const [folder, notesFolder] = [await makeTempFolder(), await makeTempFolder()];
  const peers = [peerHint(await startSeeder(torrent))];
  const choose = async (renames: ReadonlyMap<number, string>): Promise<DownloadResult> =>
    (await startSession(torrent.metainfo, folder, { files: [0, 1], placement: { renames }, notesFolder, peers })).done();
  await putFiles(folder, { one: torrent.fileBytes(0), two: torrent.fileBytes(1), 'album/z': torrent.fileBytes(2) });
  const when = new Date(1_700_000_000_000);
  for (const name of ['one', 'two']) await utimes(path.join(folder, name), when, when);
  await choose(
    new Map([
      [1, 'one'],
      [2, 'two'],
    ]),
  );
  // Now nothing beside the notes can tell what is right.
  await rm(path.join(folder, 'album/z'));
  await choose(
    new Map([
      [1, 'two'],
      [2, 'one'],
    ]),
  );
  expectSameBytes(await readFile(path.join(folder, 'two')), torrent.fileBytes(0));
  expectSameBytes(await readFile(path.join(folder, 'one')), torrent.fileBytes(1));
});

describe('with a choice of files', () => {
  test('placed, with a folder for what is not whole, and its shared pieces beside that', async () => {
    const folder = await makeTempFolder();
    const [out, inc] = [path.join(folder, 'out'), path.join(folder, 'inc')];
    const places = { placement: { stripComponents: 1 }, incompleteFolder: inc, allocate: 'full' } as const;
    // Of its shared pieces nothing beside the data can tell any more.
    const wish = { files: [2], notesFolder: path.join(folder, 'notes'), ...places };
    expect((await run(out, wish)).paths).toEqual([path.join(out, 'sub')]);
    expect(await filesBelow(out)).toEqual(['sub/b']);
    expectSameBytes(await readFile(path.join(out, 'sub/b')), TORRENT.fileBytes(2));
    expect(await filesBelow(inc)).toEqual([]);
    expect(await run(out, wish)).toMatchObject({ alreadyComplete: true });
  });

  test('only what is chosen needs room, and is reused', async () => {
    const folder = await makeTempFolder();
    const [out, elsewhere] = [path.join(folder, 'out'), path.join(folder, 'elsewhere')];
    await putFiles(elsewhere, { x: TORRENT.fileBytes(0), y: TORRENT.fileBytes(2) });
    const plan = await planDownload(metainfo, out, { files: [2], reuseFolders: [elsewhere] });
    expect(plan.files).toMatchObject([{ position: 3, reusedFrom: path.join(elsewhere, 'y') }]);
    // And the two pieces at its edges, which are kept whole until the choice is.
    expect(plan.space).toMatchObject([{ neededBytes: 270_000 + 16_384 + (420_005 % 16_384) }]);
    // The pieces at its edges have bytes of files that are not chosen.
    expect(plan.fetchBytes).toBeGreaterThan(plan.files[0].fetchBytes);
    const result = await run(out, { files: [2], reuseFolders: [elsewhere] });
    expect(result.downloadedBytes).toBeLessThanOrEqual(2 * 16_384);
    expect(await filesBelow(out)).toEqual(['album/sub/b']);
    expect(await filesBelow(elsewhere)).toEqual(['x', 'y']);
  });
});
