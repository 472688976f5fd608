// Whole downloads over real sockets onto a real disk: every shape of torrent, from one session to another and from many
// peers at once, and what is left on the disk afterwards.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { IncompleteDataError } from '../../src/engine/session-error.js';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { StorageError } from '../../src/model/error.js';
import { expectWhole, filesBelow, nextNotice, openClient, peerHint, startSeeder, startSession } from '../support/engine-rig.js';
import { damaged, putFiles, storedTorrent, type TorrentShape } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { readTorrentFixture, torrentFixture } from '../support/torrent-fixtures.js';

const KIB = 1024;

const SHAPES: readonly (readonly [what: string, shape: TorrentShape])[] = [
  ['a single file', { pieceLength: 32 * KIB, files: [['', 300_000]] }],
  ['a torrent smaller than a piece', { pieceLength: 64 * KIB, files: [['', 5000]] }],
  ['an exact multiple of the piece', { pieceLength: 32 * KIB, files: [['', 128 * KIB]] }],
  ['one byte', { pieceLength: 16 * KIB, files: [['', 1]] }],
  ['pieces smaller than a block', { pieceLength: 1000, files: [['', 10_500]] }],
  ['pieces that are no multiple of a block', { pieceLength: 40_000, files: [['', 250_000]] }],
  [
    'files with pieces across them, empty ones and folders',
    {
      pieceLength: 32 * KIB,
      files: [
        ['empty at first', 0],
        ['a', 10_000],
        ['sub/b', 100_000],
        ['sub/deeper/c', 1],
        ['sub/empty', 0],
        ['z', 70_000],
        ['zz empty at last', 0],
      ],
    },
  ],
  [
    'padding files',
    {
      pieceLength: 16 * KIB,
      files: [
        ['a', 10_000],
        ['padding', 6384],
        ['b', 20_000],
        ['padding', 12_768],
        ['c', 5000],
      ],
    },
  ],
  [
    'pieces that are nothing but padding',
    {
      pieceLength: 32 * KIB,
      files: [
        ['a', 10_000],
        ['padding', 32 * KIB * 4 - 10_000],
        ['b', 20_000],
      ],
    },
  ],
  [
    'nothing but empty files',
    {
      pieceLength: 16 * KIB,
      files: [
        ['one', 0],
        ['two/three', 0],
      ],
    },
  ],
];

describe('every shape of torrent goes from one session to another', () => {
  test.each(SHAPES)('%s', async (_, shape) => {
    const torrent = storedTorrent(shape);
    const [from, to] = [await makeTempFolder(), await makeTempFolder()];
    for (const [index, file] of torrent.metainfo.files.entries()) {
      if (!file.isPadding) await putFiles(from, { [file.path.join('/')]: torrent.fileBytes(index) });
    }
    const seeder = await startSession(torrent.metainfo, from, { seed: true, isReadOnly: true });
    const leecher = await startSession(torrent.metainfo, to, { peers: [peerHint(seeder)] });
    const result = await leecher.done();
    expect(result).toMatchObject({ status: 'complete', totalBytes: torrent.metainfo.geometry.totalLength });
    await expectWhole(to, torrent);
    await expectWhole(from, torrent);
  });
});

test('the same into memory, and from memory on', async () => {
  const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 300_000]] });
  const source = await startSeeder(torrent);
  const middle = await startSession(torrent.metainfo, null, { seed: true, peers: [peerHint(source)] });
  await nextNotice(middle, 'completed');
  await source.close();
  const folder = await makeTempFolder();
  const last = await startSession(torrent.metainfo, folder, { peers: [peerHint(middle)] });
  expect(await last.done()).toMatchObject({ status: 'complete', downloadedBytes: 300_000 });
  await expectWhole(folder, torrent);
  await middle.stop();
  expect(await middle.done()).toMatchObject({ status: 'complete', paths: [], uploadedBytes: 300_000 });
});

test('the fixture with files in folders and a name beyond ASCII', async () => {
  const { files } = torrentFixture('multi-file.torrent');
  const metainfo = parseTorrentFile(readTorrentFixture('multi-file.torrent'));
  const [from, to] = [await makeTempFolder(), await makeTempFolder()];
  await putFiles(from, Object.fromEntries(files.map((file) => [file.path.join('/'), file.bytes])));
  const seeder = await startSession(metainfo, from, { seed: true, isReadOnly: true });
  const leecher = await startSession(metainfo, to, { peers: [peerHint(seeder)] });
  await leecher.done();
  expect(await filesBelow(to)).toEqual(files.map((file) => file.path.join('/')).toSorted());
  for (const file of files) expect(new Uint8Array(await readFile(path.join(to, ...file.path)))).toEqual(file.bytes);
});

test('a piece of 64 MiB passes through a small piece budget', { timeout: 60_000 }, async () => {
  const torrent = storedTorrent({ pieceLength: 64 * KIB * KIB, files: [['', 70 * KIB * KIB + 123]] });
  const seeder = await startSeeder(torrent);
  const folder = await makeTempFolder();
  const client = await openClient({ pieceBudgetBytes: 8 * KIB * KIB });
  let most = 0;
  const { pieceBuffers } = client;
  const sampling = setInterval(() => {
    most = Math.max(most, pieceBuffers.takenBytes + pieceBuffers.idleBytes);
  }, 1);
  onTestFinished(() => clearInterval(sampling));
  const server = await startSession(torrent.metainfo, folder, { client, peers: [peerHint(seeder)] });
  expect(await server.done()).toMatchObject({ status: 'complete' });
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(8 * KIB * KIB);
  await expectWhole(folder, torrent);
});

test('many peers at once, each with its share', async () => {
  const torrent = storedTorrent({ pieceLength: 32 * KIB, files: [['', 3_000_000]] });
  const seeders = await Promise.all([1, 2, 3, 4, 5].map(() => startSeeder(torrent, { rateBytesPerSecond: 2_000_000 })));
  const folder = await makeTempFolder();
  const server = await startSession(torrent.metainfo, folder, { peers: seeders.map((seeder) => peerHint(seeder)) });
  const result = await server.done();
  await expectWhole(folder, torrent);
  for (const seeder of seeders) expect(seeder.counts.payloadBytes).toBeGreaterThan(0);
  const sent = seeders.reduce((sum, seeder) => sum + seeder.counts.payloadBytes, 0);
  expect(result).toMatchObject({ status: 'complete' });
  // Copies of the endgame, no more.
  expect(sent).toBeLessThan(3_000_000 * 1.2);
});

describe('stop and go', () => {
  const torrent = storedTorrent({
    pieceLength: 32 * KIB,
    files: [
      ['a', 700_000],
      ['b', 900_000],
    ],
  });
  const total = 1_600_000;

  test('a stopped download goes on with what is missing', async () => {
    const folder = await makeTempFolder();
    const seeder = await startSeeder(torrent, { rateBytesPerSecond: 4_000_000 });
    const first = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
    await nextNotice(first, 'piece-stored', ({ have, pieceCount }) => have >= pieceCount / 2);
    await first.stop('enough');
    expect(await first.done()).toEqual({ status: 'stopped', reason: 'enough' });
    const { verifiedBytes } = first.snapshot();
    expect(verifiedBytes).toBeGreaterThanOrEqual(total / 2 - 32 * KIB);
    const left = await filesBelow(folder);
    expect(left.some((name) => name.endsWith('.part'))).toBe(true);
    expect(left.some((name) => /^\.effusion-.*\.resume$/.test(name))).toBe(true);
    expect(left.some((name) => name.endsWith('.lock'))).toBe(false);

    const before = seeder.counts.payloadBytes;
    const second = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
    const checked = await nextNotice(second, 'checked');
    expect(checked.resumed).toBe(true);
    expect(await second.done()).toMatchObject({ status: 'complete', downloadedBytes: total - verifiedBytes });
    expect(seeder.counts.payloadBytes - before).toBe(total - verifiedBytes);
    await expectWhole(folder, torrent);
  });

  test('without its resume state too, by hashing', async () => {
    const folder = await makeTempFolder();
    const seeder = await startSeeder(torrent);
    await putFiles(folder, { 'album/a.part': torrent.fileBytes(0), 'album/b.part': torrent.fileBytes(1).subarray(0, 400_000) });
    const server = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
    const { havePieces, resumed } = await nextNotice(server, 'checked');
    expect(resumed).toBe(false);
    expect(havePieces).toBe(Math.floor(1_100_000 / (32 * KIB)));
    await server.done();
    expect(seeder.counts.payloadBytes).toBe(total - havePieces * 32 * KIB);
    await expectWhole(folder, torrent);
  });

  test('a bad file is repaired piece by piece, and stays as it was until it is whole', async () => {
    const folder = await makeTempFolder();
    const bad = damaged(torrent.fileBytes(1), 500_000);
    await putFiles(folder, { 'album/a': torrent.fileBytes(0), 'album/b': bad });
    const stopped = await startSession(torrent.metainfo, folder);
    await nextNotice(stopped, 'checked');
    await stopped.stop();
    expect((await readFile(path.join(folder, 'album/b'))).equals(bad)).toBe(true);

    const seeder = await startSeeder(torrent);
    const server = await startSession(torrent.metainfo, folder, { peers: [peerHint(seeder)] });
    expect(await server.done()).toMatchObject({ status: 'complete', downloadedBytes: 32 * KIB });
    await expectWhole(folder, torrent);
  });

  test('existing files that differ are refused where they must not be touched', async () => {
    const folder = await makeTempFolder();
    const bad = damaged(torrent.fileBytes(1), 500_000);
    await putFiles(folder, { 'album/b': bad });
    const server = await startSession(torrent.metainfo, folder, { overwrite: 'never' });
    await expect(server.done()).rejects.toThrow(StorageError);
    await expect(server.done()).rejects.toMatchObject({ code: 'storage_failed', detail: { errno: 'EEXIST' } });
    expect(await filesBelow(folder)).toEqual(['album/b']);
    expect((await readFile(path.join(folder, 'album/b'))).equals(bad)).toBe(true);
  });
});

describe('seeding read-only', () => {
  const torrent = storedTorrent({
    pieceLength: 16 * KIB,
    files: [
      ['a', 50_000],
      ['b', 30_000],
    ],
  });

  test('refuses what is not whole, and changes nothing on the disk', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': damaged(torrent.fileBytes(0), 20_000), 'album/b.part': torrent.fileBytes(1) });
    const server = await startSession(torrent.metainfo, folder, { seed: true, isReadOnly: true });
    await expect(server.done()).rejects.toThrow(IncompleteDataError);
    await expect(server.done()).rejects.toMatchObject({ code: 'data_incomplete', detail: { havePieces: 2, pieceCount: 5 } });
    expect(await filesBelow(folder)).toEqual(['album/a', 'album/b.part']);
  });

  test('creates no folder where there is none', async () => {
    const folder = path.join(await makeTempFolder(), 'absent');
    const server = await startSession(torrent.metainfo, folder, { seed: true, isReadOnly: true });
    await expect(server.done()).rejects.toThrow(IncompleteDataError);
    await expect(filesBelow(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('believes who has hashed it, but looks at the lengths', async () => {
    const options = { seed: true, isReadOnly: true, isHashed: true };
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': damaged(torrent.fileBytes(0), 20_000), 'album/b': torrent.fileBytes(1) });
    const server = await startSession(torrent.metainfo, folder, options);
    await expect(nextNotice(server, 'checked')).resolves.toMatchObject({ havePieces: 5, pieceCount: 5, resumed: true });
    const shorter = await makeTempFolder();
    await putFiles(shorter, { 'album/a': torrent.fileBytes(0), 'album/b': torrent.fileBytes(1).subarray(1) });
    const other = await startSession(torrent.metainfo, shorter, options);
    await expect(other.done()).rejects.toMatchObject({ code: 'data_incomplete', detail: { havePieces: 4, pieceCount: 5 } });
  });

  test('serves beside another run that has the folder', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, { 'album/a': torrent.fileBytes(0), 'album/b': torrent.fileBytes(1) });
    const first = await startSession(torrent.metainfo, folder, { seed: true });
    await nextNotice(first, 'checked');
    const second = await startSession(torrent.metainfo, folder, { seed: true, isReadOnly: true });
    const to = await makeTempFolder();
    const leecher = await startSession(torrent.metainfo, to, { peers: [peerHint(second)] });
    await leecher.done();
    await expectWhole(to, torrent);
  });
});

test('a file in the way of a folder is a StorageError that names it', async () => {
  const torrent = storedTorrent({ pieceLength: 16 * KIB, files: [['sub/a', 50_000]] });
  const folder = await makeTempFolder();
  await mkdir(path.join(folder, 'album'));
  await writeFile(path.join(folder, 'album/sub'), 'not a folder');
  const server = await startSession(torrent.metainfo, folder);
  await expect(server.done()).rejects.toMatchObject({ code: 'storage_failed', detail: { path: path.join(folder, 'album/sub') } });
});
