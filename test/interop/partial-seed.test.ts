// Partial seeds (BEP 21) as others see them: `effusion seed --partial` of a folder that lacks files and has damaged ones, and of one that a stopped
// download has left, and a download of some files that goes on as a seed. libtorrent takes what is there and no more, and the tracker is told.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Child } from '../support/child-process.js';
import type { ParsedAnnounce } from '../../src/swarm/announce-query.js';
import type { TrackerServer } from '../../src/swarm/tracker-server.js';
import { runEffusion, startEffusion } from '../support/effusion-command.js';
import { startTracker } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { startWatchedLeecher } from '../support/libtorrent-peer.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm, type SwarmOfTwo } from '../support/swarm-of-two.js';

const PIECE = 65_536;

/** Pieces in which all of these are. */
function piecesIn(...ranges: readonly (readonly [begin: number, end: number])[]): number[] {
  const count = Math.ceil(payload.totalBytes / PIECE);
  const isIn = (begin: number, end: number): boolean => ranges.some(([from, to]) => from <= begin && end <= to);
  return Array.from({ length: count }, (_, piece) => piece).filter((piece) =>
    isIn(piece * PIECE, Math.min(payload.totalBytes, (piece + 1) * PIECE)),
  );
}

function rangeOf(path: string): readonly [begin: number, end: number] {
  let begin = 0;
  for (const file of payload.files) {
    if (file.path === path) return [begin, begin + file.bytes.length];
    begin += file.bytes.length;
  }
  throw new Error(`no file ${path}`);
}

/** The bytes of these pieces in a file that libtorrent has written, and those of the payload. */
async function bytesIn(folder: string, path: string, pieces: readonly number[]): Promise<[found: Buffer[], wanted: Buffer[]]> {
  const [begin, end] = rangeOf(path);
  const wanted = Buffer.from(payload.files.find((file) => file.path === path)?.bytes ?? []);
  const found = await readFile(join(folder, payload.name, path));
  const cut = (bytes: Buffer): Buffer[] =>
    pieces.map((piece) =>
      bytes.subarray(Math.max(0, piece * PIECE - begin), Math.max(0, Math.min(end, (piece + 1) * PIECE) - begin)),
    );
  return [cut(found), cut(wanted)];
}

/** Of the one that listens there: libtorrent announces itself too. */
const of = ({ announces }: TrackerServer, port: string): ParsedAnnounce[] =>
  announces.filter(({ address }) => address.port === Number(port));

/** So slow that its peer is still there when it looks: libtorrent leaves one that has nothing for it and wants nothing. */
const startLeecher = async (swarm: SwarmOfTwo, port: string): Promise<Child> =>
  startWatchedLeecher(swarm.torrent.path, swarm.leechFolder, `127.0.0.1:${await freePort()}`, {
    dial: `127.0.0.1:${port}`,
    downloadBytesPerSecond: 1_500_000,
  });

describeWith(['libtorrent'], 'a partial seed', () => {
  test(
    'seed --partial serves libtorrent every piece that is right, and says so to the tracker',
    { timeout: 60_000 },
    async () => {
      const tracker = await startTracker();
      const swarm = await prepareSwarm([tracker.url]);
      const first = join(swarm.seedFolder, payload.name, '01 first.bin');
      const damaged = await readFile(first);
      damaged[3 * PIECE + 5] ^= 1;
      await writeFile(first, damaged);
      await rm(join(swarm.seedFolder, payload.name, 'sub/größe 名前.bin'));
      const [begin, end] = rangeOf('sub/größe 名前.bin');
      const there = piecesIn([0, 3 * PIECE], [4 * PIECE, begin], [end, payload.totalBytes]);

      const args = ['seed', swarm.torrent.path, '--data', swarm.seedFolder];
      const refused = await runEffusion(args);
      expect([refused.code, refused.stderr]).toEqual([10, expect.stringContaining('--partial')]);

      const seeder = startEffusion([...args, '--partial'], { timeoutMs: 60_000 });
      const [, port] = await seeder.outputMatching(/^seeding album on port (\d+)$/m);
      expect(seeder.output()).toContain(`album: serves ${there.length} of 65 pieces`);
      const leecher = await startLeecher(swarm, port);
      await leecher.outputMatching(/^upload only$/m);
      await leecher.outputMatching(new RegExp(`^pieces ${there.length}$`, 'm'));
      leecher.kill('SIGTERM');
      await leecher.ended;
      const [found, wanted] = await bytesIn(
        swarm.leechFolder,
        '01 first.bin',
        there.filter((piece) => piece * PIECE < 1_234_567),
      );
      expect(found.map((bytes, i) => bytes.equals(wanted[i]))).toEqual(found.map(() => true));

      seeder.kill('SIGINT');
      expect(await seeder.ended).toMatchObject({ code: 130 });
      const left = of(tracker, port).map((announce) => [announce.event, announce.left]);
      const lacking =
        payload.totalBytes - there.reduce((sum, piece) => sum + Math.min(PIECE, payload.totalBytes - piece * PIECE), 0);
      expect(left).toEqual([
        ['started', lacking],
        ['paused', lacking],
        ['stopped', lacking],
      ]);
    },
  );

  test('seed --partial serves libtorrent what a download has left that was stopped', { timeout: 60_000 }, async () => {
    const swarm = await prepareSwarm();
    const source = startEffusion(
      ['seed', swarm.torrent.path, '--data', swarm.seedFolder, '--no-trackers', '--max-upload', '1M'],
      { timeoutMs: 60_000 },
    );
    const [, sourcePort] = await source.outputMatching(/seeding .* on port (\d+)/);
    const out = join(swarm.settings, 'part');
    const args = ['download', swarm.torrent.path, '--output', out, '--no-trackers', '--peer', `127.0.0.1:${sourcePort}`];
    const download = startEffusion([...args, '-v', '--events'], { timeoutMs: 60_000 });
    await download.outputMatching(/"event":"piece".*"have":1\d\b/);
    download.kill('SIGINT');
    expect((await download.ended).code).toBe(130);
    source.kill('SIGTERM');
    await source.ended;
    const before = (await readdir(out, { recursive: true })).toSorted();
    expect(before.some((name) => name.endsWith('.part'))).toBe(true);

    const seeder = startEffusion(['seed', swarm.torrent.path, '--data', out, '--partial', '--no-trackers'], {
      timeoutMs: 60_000,
    });
    const [, port] = await seeder.outputMatching(/^seeding album on port (\d+)$/m);
    const pieces = Number(/^album: serves (\d+) of 65 pieces/m.exec(seeder.output())?.[1]);
    expect(pieces).toBeGreaterThanOrEqual(10);
    const leecher = await startLeecher(swarm, port);
    await leecher.outputMatching(new RegExp(`^pieces ${pieces}$`, 'm'));
    leecher.kill('SIGTERM');
    await leecher.ended;
    seeder.kill('SIGINT');
    expect(await seeder.ended).toMatchObject({ code: 130 });
    expect((await readdir(out, { recursive: true })).toSorted()).toEqual(before);
  });

  test('download --files --seed goes on as one, and libtorrent gets the file from it', { timeout: 60_000 }, async () => {
    const tracker = await startTracker();
    const swarm = await prepareSwarm([tracker.url]);
    const source = startEffusion(['seed', swarm.torrent.path, '--data', swarm.seedFolder, '--no-trackers'], {
      timeoutMs: 60_000,
    });
    const [, sourcePort] = await source.outputMatching(/seeding .* on port (\d+)/);
    const out = join(swarm.settings, 'part');
    const chosen = ['download', swarm.torrent.path, '--output', out, '--files', 'zz-last.bin', '--seed'];
    const part = startEffusion([...chosen, '--peer', `127.0.0.1:${sourcePort}`], { timeoutMs: 60_000 });
    const [, port] = await part.outputMatching(/^seeding album on port (\d+)/m);
    source.kill('SIGTERM');
    await source.ended;
    const there = piecesIn(rangeOf('zz-last.bin'));
    const leecher = await startLeecher(swarm, port);
    await leecher.outputMatching(/^upload only$/m);
    // And the piece that it shares with the file before it, which comes from the parts file.
    await leecher.outputMatching(new RegExp(`^pieces ${there.length + 1}$`, 'm'));
    leecher.kill('SIGTERM');
    await leecher.ended;
    const [found, wanted] = await bytesIn(swarm.leechFolder, 'zz-last.bin', there);
    expect(found.map((bytes, i) => bytes.equals(wanted[i]))).toEqual(found.map(() => true));
    part.kill('SIGINT');
    await part.ended;
    const announces = of(tracker, port);
    expect(announces.map(({ event }) => event)).toEqual(['started', 'paused', 'stopped']);
    expect(announces.every(({ left }) => left > 0)).toBe(true);
  });
});
