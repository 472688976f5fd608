// Downloads of chosen files over real sockets onto a real disk: what is there afterwards, what a run leaves for another choice, and what is
// never touched.

import { chmod, mkdir, readFile, rmdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SessionOptions } from '../../src/engine/session-options.js';
import type { SessionServer } from '../../src/engine/session-server.js';
import type { PieceIndex } from '../../src/model/ids.js';
import { createRandom } from '../../src/model/random.js';
import { expectWhole, filesBelow, nextNotice, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { expectSameBytes, putFiles, storedTorrent, type StoredTorrent, type TorrentShape } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startAlone } from '../support/web-seed-rig.js';
import { startWebServer, webTorrent } from '../support/web-server.js';

const KIB = 1024;

/** Pieces of 32 KiB: every file but the padding shares its first and last piece with its neighbours. */
const SHAPE: TorrentShape = {
  pieceLength: 32 * KIB,
  files: [
    ['readme', 3000],
    ['a', 100_000],
    ['empty', 0],
    ['sub/b', 70_000],
    ['padding', 9_000],
    ['sub/c', 1],
    ['z', 200_000],
  ],
};

const pathsOf = (torrent: StoredTorrent, files: readonly number[]): string[] =>
  files.map((file) => torrent.metainfo.files[file].path.join('/')).toSorted();

async function expectFiles(folder: string, torrent: StoredTorrent, files: readonly number[]): Promise<void> {
  expect(await filesBelow(folder)).toEqual(pathsOf(torrent, files));
  for (const file of files)
    expectSameBytes(await readFile(path.join(folder, ...torrent.metainfo.files[file].path)), torrent.fileBytes(file));
}

const sizeOf = (torrent: StoredTorrent, files: readonly number[]): number =>
  files.reduce((sum, file) => sum + torrent.metainfo.files[file].length, 0);

describe('what is chosen is all that is there', () => {
  test.each([[[0]], [[1]], [[2]], [[3, 5]], [[5]], [[6, 0]], [[0, 1, 2, 3, 5]]])('%j', async (files) => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder, notesFolder] = [await startSeeder(torrent), await makeTempFolder(), await makeTempFolder()];
    const session = await startSession(torrent.metainfo, folder, { files, notesFolder, peers: [peerHint(seeder)] });
    const totalBytes = sizeOf(torrent, files);
    expect(session.snapshot()).toMatchObject({ totalBytes, leftBytes: totalBytes });
    expect(await session.done()).toMatchObject({ status: 'complete', alreadyComplete: false, totalBytes });
    const { verifiedBytes, leftBytes, announcedLeftBytes, missingPieces, havePieces, wantedPieces } = session.snapshot();
    expect({ verifiedBytes, leftBytes, missingPieces }).toEqual({ verifiedBytes: totalBytes, leftBytes: 0, missingPieces: 0 });
    expect(announcedLeftBytes).toBeGreaterThan(0);
    expect(havePieces).toBe(wantedPieces);
    await expectFiles(folder, torrent, files);

    // Once more: nobody is there to be asked.
    const again = await startSession(torrent.metainfo, folder, { files, notesFolder });
    expect(await again.done()).toMatchObject({ status: 'complete', alreadyComplete: true, downloadedBytes: 0, totalBytes });
    expect(again.snapshot().peersMet).toBe(0);
    await expectFiles(folder, torrent, files);
  });

  test('in memory too', async () => {
    const torrent = storedTorrent(SHAPE);
    const seeder = await startSeeder(torrent);
    const session = await startSession(torrent.metainfo, null, { files: [3], peers: [peerHint(seeder)] });
    expect(await session.done()).toMatchObject({ status: 'complete', totalBytes: 70_000 });
  });

  test('all files by name are the whole torrent', async () => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
    const session = await startSession(torrent.metainfo, folder, { files: [0, 1, 2, 3, 5, 6], peers: [peerHint(seeder)] });
    expect(await session.done()).toMatchObject({ status: 'complete', totalBytes: sizeOf(torrent, [0, 1, 2, 3, 4, 5, 6]) });
    await expectWhole(folder, torrent);
  });

  test('pieces larger than half of all memory are written as they come', { timeout: 60_000 }, async () => {
    const torrent = storedTorrent({
      pieceLength: 20 * KIB * KIB,
      files: [
        ['a', 5_000_000],
        ['b', 18_000_000],
        ['c', 3_000_000],
      ],
    });
    const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
    const session = await startSession(torrent.metainfo, folder, { files: [0, 2], peers: [peerHint(seeder)] });
    await session.done();
    await expectFiles(folder, torrent, [0, 2]);
  });
});

/** Lets a session run until it has stored so many pieces, and stops it; false where it was whole before that. */
async function runUntil(session: SessionServer, pieces: number): Promise<boolean> {
  let stored = 0;
  const isReached = nextNotice(session, 'piece-stored', () => ++stored >= pieces).then(
    () => true,
    () => false,
  );
  const isWhole = session.done().then(({ status }) => status === 'complete');
  if (await Promise.race([isReached, isWhole.then(() => false)])) await session.stop();
  return !(await isWhole);
}

describe('run after run, each with another choice', () => {
  test.each(Array.from({ length: 25 }, (_, seed) => seed))('what the last one leaves is exact, seed %i', async (seed) => {
    const random = createRandom(seed);
    const files: [string, number][] = Array.from({ length: 2 + random.below(7) }, (_, index) => {
      const length = random.next() < 0.15 ? 0 : 1 + random.below(random.next() < 0.5 ? 5000 : 120_000);
      return [random.next() < 0.15 ? 'padding' : `${index % 3 === 0 ? 'sub/' : ''}file ${index}`, length];
    });
    files[0] = ['first', 1 + random.below(50_000)];
    const torrent = storedTorrent({ pieceLength: [1000, 16_384, 40_000, 65_536][random.below(4)], files, seed: `${seed}` });
    const { metainfo } = torrent;
    const real = [...metainfo.files.keys()].filter((index) => !metainfo.files[index].isPadding);
    const [folder, notesFolder] = [await makeTempFolder(), await makeTempFolder()];
    const seeder = await startSeeder(torrent);
    // Whatever is there comes from such runs: it is never in the way.
    const overwrite = seed % 2 === 0 ? 'verify' : 'never';
    const done = new Set<number>();
    const begun = new Set<number>();
    for (let run = 0; run < 6; run++) {
      const some = real.filter(() => random.next() < 0.5);
      const chosen = random.next() < 0.2 ? undefined : some.length === 0 ? [real[0]] : some;
      const options: SessionOptions = {
        ...(chosen === undefined ? {} : { files: chosen }),
        ...(random.next() < 0.7 ? { notesFolder } : {}),
        overwrite,
        order: random.next() < 0.5 ? 'sequential' : 'rarest-first',
        edgesFirst: random.next() < 0.3,
        peers: [peerHint(seeder)],
      };
      const session = await startSession(metainfo, folder, options);
      const isStopped = random.next() < 0.6 && (await runUntil(session, 1 + random.below(4)));
      for (const file of chosen ?? real) begun.add(file);
      if (isStopped) continue;
      expect(await session.done()).toMatchObject({ status: 'complete' });
      for (const file of chosen ?? real) {
        done.add(file);
        const bytes = await readFile(path.join(folder, ...metainfo.files[file].path));
        expectSameBytes(bytes, torrent.fileBytes(file));
      }
      const there = await filesBelow(folder);
      // Nothing of ours is hidden beside it, and what was never chosen was never made.
      expect(there.filter((name) => path.basename(name).startsWith('.effusion'))).toEqual([]);
      const known = new Set([...pathsOf(torrent, [...begun]), ...pathsOf(torrent, [...begun]).map((name) => `${name}.part`)]);
      expect(there.filter((name) => !known.has(name))).toEqual([]);
    }
    const session = await startSession(metainfo, folder, { peers: [peerHint(seeder)], overwrite });
    await session.done();
    await expectWhole(folder, torrent);
  });
});

describe('the parts file', () => {
  test('is what lies beside a choice that is not whole, and serves another one', async () => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
    const first = await startSession(torrent.metainfo, folder, {
      files: [1],
      peers: [peerHint(seeder)],
      edgesFirst: true,
      maxDownloadBytesPerSecond: 64 * KIB,
    });
    await nextNotice(first, 'piece-stored', ({ piece }) => piece === 0);
    await first.stop();
    const hidden = (await filesBelow(folder)).filter((name) => name.endsWith('.parts'));
    expect(hidden).toEqual([expect.stringMatching(/^\.effusion-[0-9a-f]{8}\.parts$/)]);
    expect(await filesBelow(folder)).not.toContain('album/readme.part');
    // The first piece holds all of readme: nobody need be asked for it.
    const second = await startSession(torrent.metainfo, folder, { files: [0] });
    expect(await second.done()).toMatchObject({ status: 'complete', downloadedBytes: 0 });
    expectSameBytes(await readFile(path.join(folder, 'album/readme')), torrent.fileBytes(0));
    expect((await filesBelow(folder)).filter((name) => path.basename(name).startsWith('.effusion'))).toEqual([]);
  });

  test('that holds something else is not believed', async () => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
    const { v1 = new Uint8Array() } = torrent.metainfo.infoHash;
    const hidden = `.effusion-${Buffer.from(v1).toString('hex').slice(0, 8)}.parts`;
    await writeFile(path.join(folder, hidden), Buffer.alloc(1_000_000, 7));
    const session = await startSession(torrent.metainfo, folder, { files: [0, 6], peers: [peerHint(seeder)] });
    await session.done();
    await expectFiles(folder, torrent, [0, 6]);
  });

  test('is never a link to somewhere else', async () => {
    const torrent = storedTorrent(SHAPE);
    const [folder, elsewhere] = [await makeTempFolder(), await makeTempFolder()];
    const { v1 = new Uint8Array() } = torrent.metainfo.infoHash;
    await writeFile(path.join(elsewhere, 'secret'), 'mine');
    await symlink(
      path.join(elsewhere, 'secret'),
      path.join(folder, `.effusion-${Buffer.from(v1).toString('hex').slice(0, 8)}.parts`),
    );
    const session = await startSession(torrent.metainfo, folder, { files: [0] });
    await expect(session.done()).rejects.toThrow('ELOOP');
    expect(await readFile(path.join(elsewhere, 'secret'), 'utf8')).toBe('mine');
    // Who makes every file has no use for it.
    const seeder = await startSeeder(torrent);
    const all = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
    expect(await all.done()).toMatchObject({ status: 'complete' });
    expect(await readFile(path.join(elsewhere, 'secret'), 'utf8')).toBe('mine');
  });

  test('serves others while it seeds what was chosen, and is gone after it', async () => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder, other] = [await startSeeder(torrent), await makeTempFolder(), await makeTempFolder()];
    const partial = await startSession(torrent.metainfo, folder, { files: [0], seed: true, peers: [peerHint(seeder)] });
    await nextNotice(partial, 'completed');
    const leecher = await startSession(torrent.metainfo, other, { files: [0], peers: [peerHint(partial)] });
    await leecher.done();
    await expectFiles(other, torrent, [0]);
    expect(await partial.stop()).toBeUndefined();
    await expectFiles(folder, torrent, [0]);
  });
});

describe('files that were not chosen', () => {
  test('are never touched, whatever they are, and count where they are whole', async () => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder, notesFolder] = [await startSeeder(torrent), await makeTempFolder(), await makeTempFolder()];
    await putFiles(folder, { 'album/readme': torrent.fileBytes(0), 'album/sub/b': new TextEncoder().encode('not it') });
    await mkdir(path.join(folder, 'album/z'));
    const before = await stat(path.join(folder, 'album/readme'));
    const session = await startSession(torrent.metainfo, folder, {
      files: [1],
      overwrite: 'never',
      notesFolder,
      peers: [peerHint(seeder)],
    });
    await session.done();
    expect((await stat(path.join(folder, 'album/readme'))).mtimeMs).toBe(before.mtimeMs);
    expect(await readFile(path.join(folder, 'album/sub/b'), 'utf8')).toBe('not it');
    expect(await filesBelow(folder)).toEqual(['album/a', 'album/readme', 'album/sub/b']);
    expectSameBytes(await readFile(path.join(folder, 'album/a')), torrent.fileBytes(1));
    // The first piece lies in readme and a, both whole: it is verified, and not taken on trust.
    const again = await startSession(torrent.metainfo, folder, { files: [1], notesFolder });
    const checked = nextNotice(again, 'checked');
    expect(await again.done()).toMatchObject({ alreadyComplete: true });
    expect((await checked).havePieces).toBe(3);
  });

  test('may have anything in their place: the state of the run is kept all the same', async () => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
    await mkdir(path.join(folder, 'album/z'), { recursive: true });
    const session = await startSession(torrent.metainfo, folder, {
      files: [1],
      peers: [peerHint(seeder)],
      maxDownloadBytesPerSecond: 64 * KIB,
    });
    await nextNotice(session, 'piece-stored', ({ piece }) => piece === 1 || piece === 2);
    await session.stop();
    expect((await filesBelow(folder)).filter((name) => name.endsWith('.resume'))).toHaveLength(1);
  });

  test.skipIf(process.getuid?.() === 0)('may be unreadable', async () => {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
    await putFiles(folder, { 'album/readme': torrent.fileBytes(0) });
    await chmod(path.join(folder, 'album/readme'), 0);
    const session = await startSession(torrent.metainfo, folder, { files: [1], peers: [peerHint(seeder)] });
    await session.done();
    expectSameBytes(await readFile(path.join(folder, 'album/a')), torrent.fileBytes(1));
  });
});

test('a chosen file that is there and wrong in what can be checked is repaired', async () => {
  const torrent = storedTorrent(SHAPE);
  const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
  const bytes = torrent.fileBytes(6).slice();
  bytes[100_000] ^= 1;
  await putFiles(folder, { 'album/z': bytes });
  const session = await startSession(torrent.metainfo, folder, { files: [6], peers: [peerHint(seeder)] });
  expect(await session.done()).toMatchObject({ status: 'complete', alreadyComplete: false });
  await expectFiles(folder, torrent, [6]);
});

describe('what was whole once', () => {
  async function downloaded(): Promise<{
    torrent: StoredTorrent;
    folder: string;
    notesFolder: string;
    peers: SessionOptions['peers'];
  }> {
    const torrent = storedTorrent(SHAPE);
    const [seeder, folder, notesFolder] = [await startSeeder(torrent), await makeTempFolder(), await makeTempFolder()];
    const peers = [peerHint(seeder)];
    await (await startSession(torrent.metainfo, folder, { files: [0, 1], notesFolder, peers })).done();
    return { torrent, folder, notesFolder, peers };
  }

  test('and has changed since is not believed, though nothing of it can be checked', async () => {
    const { torrent, folder, notesFolder, peers = [] } = await downloaded();
    await putFiles(folder, { 'album/readme': new Uint8Array(3000).fill(1) });
    const session = await startSession(torrent.metainfo, folder, { files: [0], notesFolder, peers });
    expect(await session.done()).toMatchObject({ alreadyComplete: false });
    await expectFiles(folder, torrent, [0, 1]);
  });

  test('and is not noted is fetched where it can not be checked, and no more', async () => {
    const { torrent, folder, peers = [] } = await downloaded();
    const session = await startSession(torrent.metainfo, folder, { files: [1], peers });
    expect(await session.done()).toMatchObject({ alreadyComplete: false, downloadedBytes: 32 * KIB });
    await expectFiles(folder, torrent, [0, 1]);
  });

  test('is not touched where others are chosen too, and pieces shared with it are fetched for these', async () => {
    const { torrent, folder, notesFolder, peers = [] } = await downloaded();
    const before = await stat(path.join(folder, 'album/a'));
    const session = await startSession(torrent.metainfo, folder, { files: [1, 3], notesFolder, peers });
    expect(await session.done()).toMatchObject({ status: 'complete' });
    expect((await stat(path.join(folder, 'album/a'))).ino).toBe(before.ino);
    await expectFiles(folder, torrent, [0, 1, 3]);
  });
});

test('a piece that a killed run left in the parts file is served from there, though its chosen file is taken as it is', async () => {
  const torrent = storedTorrent(SHAPE);
  const [seeder, folder, notesFolder] = [await startSeeder(torrent), await makeTempFolder(), await makeTempFolder()];
  await (await startSession(torrent.metainfo, folder, { files: [1], notesFolder, peers: [peerHint(seeder)] })).done();
  const { v1 = new Uint8Array() } = torrent.metainfo.infoHash;
  // The first slot is of the first piece, which readme and a share.
  await writeFile(path.join(folder, `.effusion-${Buffer.from(v1).toString('hex').slice(0, 8)}.parts`), torrent.pieceBytes(0));
  const partial = await startSession(torrent.metainfo, folder, {
    files: [1, 6],
    notesFolder,
    seed: true,
    peers: [peerHint(seeder)],
  });
  await nextNotice(partial, 'completed');
  expect(partial.snapshot().have.has(0 as PieceIndex)).toBe(true);
  const other = await makeTempFolder();
  const leecher = await startSession(torrent.metainfo, other, { files: [0], peers: [peerHint(partial)] });
  await Promise.race([leecher.done(), partial.done()]);
  await expectFiles(other, torrent, [0]);
});

test('where a whole file can not get its name, all that came is kept for the next run', async () => {
  const torrent = storedTorrent(SHAPE);
  const [seeder, folder] = [await startSeeder(torrent), await makeTempFolder()];
  const session = await startSession(torrent.metainfo, folder, {
    files: [1],
    peers: [peerHint(seeder)],
    maxDownloadBytesPerSecond: 64 * KIB,
  });
  await nextNotice(session, 'piece-stored');
  await mkdir(path.join(folder, 'album/a'));
  await expect(session.done()).rejects.toMatchObject({ detail: { operation: 'rename' } });
  await rmdir(path.join(folder, 'album/a'));
  expect((await filesBelow(folder)).map((name) => path.extname(name)).toSorted()).toEqual(['.part', '.parts']);
  const again = await startSession(torrent.metainfo, folder, { files: [1] });
  expect(await again.done()).toMatchObject({ status: 'complete', downloadedBytes: 0 });
  await expectFiles(folder, torrent, [1]);
});

describe('web seeds alone', () => {
  const what = webTorrent(SHAPE);
  const urlOf = (file: number): string => `/${what.metainfo.files[file].path.join('/')}`;

  test.each([true, false])('are asked for what is wanted and for no other file, ranges: %s', async (hasRanges) => {
    const web = await startWebServer(what, { hasRanges });
    const { server, folder } = await startAlone(what, [web.url], { files: [0] });
    await expect(server.done()).resolves.toMatchObject({ status: 'complete', totalBytes: 3000 });
    await expectFiles(folder, what, [0]);
    // The piece of readme holds the beginning of a, and nothing else.
    expect(new Set(web.requests.map(({ path: asked }) => asked))).toEqual(new Set([urlOf(0), urlOf(1)]));
  });

  test('without ranges skip the files in between', async () => {
    const web = await startWebServer(what, { hasRanges: false });
    const { server, folder } = await startAlone(what, [web.url], { files: [0, 6] });
    await server.done();
    await expectFiles(folder, what, [0, 6]);
  });

  test('with ranges send little more than that', async () => {
    const web = await startWebServer(what);
    const { server } = await startAlone(what, [web.url], { files: [6] });
    await server.done();
    expect(server.snapshot()).toMatchObject({
      wastedBytes: 0,
      downloadedBytes: expect.toSatisfy((bytes: number) => bytes < 200_000 + 32 * KIB),
    });
  });
});
