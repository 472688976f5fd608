// The engine against seeders that misbehave, over real sockets and a real disk: beside one honest seeder each kind of them
// costs nothing but time; alone, one that lies about the data ends the download with what, where and who.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SourcesExhaustedError } from '../../src/engine/session-error.js';
import { SessionServer } from '../../src/engine/session-server.js';
import type { SessionOptions } from '../../src/engine/session-options.js';
import { BLOCK_LENGTH } from '../../src/model/geometry.js';
import { FaultySeeder } from '../../src/swarm/faulty-seeder.js';
import type { SeederFaults } from '../../src/swarm/seeder-faults.js';
import { leftovers } from '../support/payload.js';
import { expectSameBytes, storedTorrent } from '../support/stored-torrent.js';
import { makeTempFolder } from '../support/temp-folder.js';

const PIECE_LENGTH = 4 * BLOCK_LENGTH;
const torrent = storedTorrent({
  pieceLength: PIECE_LENGTH,
  files: [
    ['first.bin', 11 * PIECE_LENGTH + 12_345],
    ['empty.txt', 0],
    ['sub/second.bin', 29 * PIECE_LENGTH],
    ['sub/last.bin', 777],
  ],
});
const { metainfo } = torrent;

/** Slow enough that a second seeder is needed, and asked. */
const HONEST_RATE = 3_000_000;

async function seed(faults: SeederFaults, hasFast = true): Promise<FaultySeeder> {
  const seeder = await FaultySeeder.open({ metainfo, content: torrent.content, faults, hasFast });
  onTestFinished(() => seeder.close());
  return seeder;
}

async function download(folder: string, seeders: readonly FaultySeeder[], options: SessionOptions = {}): Promise<SessionServer> {
  const peers = seeders.map(({ host, port }) => ({ host, port }));
  const server = await SessionServer.start(metainfo, {}, folder, { listen: false, peers, useTrackers: false, ...options });
  if (server === null) throw new Error('it was not to be disabled');
  onTestFinished(() => server.stop());
  return server;
}

async function expectWhole(folder: string): Promise<void> {
  for (const [index, file] of metainfo.files.entries()) {
    expectSameBytes(new Uint8Array(await readFile(path.join(folder, ...file.path))), torrent.fileBytes(index));
  }
  expect(await leftovers(folder)).toEqual([]);
}

const kinds: [name: string, faults: SeederFaults, hasFast?: boolean][] = [
  ['one that corrupts every piece', { corruptShare: 1 }],
  ['one that corrupts some pieces', { corruptShare: 0.3 }],
  ['one that has nothing and says so when asked', { lyingShare: 1 }],
  ['one that has half of what it says, and is silent about it', { lyingShare: 0.5 }, false],
  ['one with a malformed bitfield', { sendsMalformedBitfield: true }],
  ['a slow one', { rateBytesPerSecond: 50_000 }],
  ['one that never unchokes', { neverUnchokes: true }],
  ['a silent one', { isSilent: true }],
  ['one that drops the connection', { dropAfterBytes: 5 * BLOCK_LENGTH }],
  ['one that drops the connection before the first block', { dropAfterBytes: 0 }],
  ['one that stalls after some blocks', { stallAfterBlocks: 6 }],
  ['one that stalls at once', { stallAfterBlocks: 0 }],
];

test.each(kinds)('beside %s an honest seeder delivers every byte', async (_name, faults, hasFast = true) => {
  const folder = await makeTempFolder();
  const honest = await seed({ rateBytesPerSecond: HONEST_RATE });
  const faulty = await seed(faults, hasFast);
  const server = await download(folder, [faulty, honest]);
  await expect(server.done()).resolves.toMatchObject({ status: 'complete', alreadyComplete: false });
  await expectWhole(folder);
  expect(faulty.counts.peersMet).toBeGreaterThan(0);
  expect(honest.counts.corruptBlocks).toBe(0);
});

test('a corrupting seeder spoils two pieces at most, is banned, and does not come back', async () => {
  const folder = await makeTempFolder();
  const honest = await seed({ rateBytesPerSecond: HONEST_RATE });
  const liar = await seed({ corruptShare: 1 });
  const server = await download(folder, [liar, honest]);
  await server.done();
  await expectWhole(folder);
  const { hashFailures, bannedAddresses } = server.snapshot();
  expect(hashFailures).toBeGreaterThan(0);
  expect(hashFailures).toBeLessThanOrEqual(2);
  expect(bannedAddresses).toBe(1);
  expect(liar.counts.peersMet).toBe(1);
  expect(liar.connectionCount).toBe(0);
});

test('all the faulty ones together cannot stop one honest seeder, nor make Node.js warn of a leak', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const folder = await makeTempFolder();
  const faulty = await Promise.all(kinds.map(([, faults, hasFast]) => seed(faults, hasFast ?? true)));
  const honest = await seed({ rateBytesPerSecond: HONEST_RATE });
  const server = await download(folder, [...faulty, honest]);
  await expect(server.done()).resolves.toMatchObject({ status: 'complete' });
  await expectWhole(folder);
  expect(warnings).toEqual([]);
});

test('a corrupting seeder alone: the download ends, naming piece, file and peer', async () => {
  const folder = await makeTempFolder();
  const liar = await seed({ corruptShare: 1 });
  const server = await download(folder, [liar]);
  const error = await server.done().then(
    () => expect.fail('it must not end well'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SourcesExhaustedError);
  if (!(error instanceof SourcesExhaustedError)) return;
  expect(error.code).toBe('sources_exhausted');
  expect(error.detail.banned).toEqual([liar.address]);
  const { piece, files } = error.detail;
  const start = piece * PIECE_LENGTH;
  const touched = metainfo.files.filter(
    (file) => file.length > 0 && file.offset < start + PIECE_LENGTH && file.offset + file.length > start,
  );
  expect(files).toEqual(touched.map((file) => file.path.join('/')));
  expect(files.length).toBeGreaterThan(0);
  for (const named of [...files, liar.address, String(piece)]) expect(error.message).toContain(named);
});
