// Peer exchange (BEP 11) with libtorrent, in both directions: who is known to one peer only is found through it.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Child } from '../support/child-process.js';
import { startEffusion } from '../support/effusion-command.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder, startWatchedLeecher } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { expectDownload, payload, prepareSwarm, startEffusionSeeder, type SwarmOfTwo } from '../support/swarm-of-two.js';

const TIMEOUT = { timeout: 90_000 };

const HOSTS = [
  ['IPv4', '127.0.0.1', '127.0.0.1'],
  ['IPv6', '::1', '[::1]'],
] as const;

/** A leecher that gets next to nothing and stays connected to the peer. */
async function startSlowLeecher(swarm: SwarmOfTwo, listen: string, dial: string): Promise<Child> {
  const folder = join(swarm.settings, 'slow');
  const leecher = await startWatchedLeecher(swarm.torrent.path, folder, listen, { dial, downloadBytesPerSecond: 1000 });
  await leecher.outputMatching(/^connected 1$/m);
  return leecher;
}

describeWith(['libtorrent'], 'peer exchange with libtorrent', () => {
  test.each(HOSTS)('effusion finds a seeder through a leecher, over %s', TIMEOUT, async (_name, host, written) => {
    const swarm = await prepareSwarm();
    const seederAt = `${written}:${await freePort(host)}`;
    const leecherAt = `${written}:${await freePort(host)}`;
    const seeder = await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, seederAt);
    await startSlowLeecher(swarm, leecherAt, seederAt);
    // What effusion gets, it gets from the seeder it was told of.
    await expectDownload(swarm, leecherAt);
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    expect(Number(/uploaded (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(payload.totalBytes / 2);
  });

  test('a magnet link that names a leecher only', TIMEOUT, async () => {
    const swarm = await prepareSwarm();
    const [seederAt, leecherAt] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, seederAt);
    await startSlowLeecher(swarm, leecherAt, seederAt);
    const link = `magnet:?xt=urn:btih:${swarm.torrent.infoHash}`;
    const args = ['download', link, '--output', swarm.leechFolder, '--peer', leecherAt];
    const end = await startEffusion(args, { timeoutMs: 60_000 }).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });

  test.each(HOSTS)('libtorrent finds a peer through effusion, over %s', TIMEOUT, async (_name, host, written) => {
    const swarm = await prepareSwarm();
    const libtorrentAt = `${written}:${await freePort(host)}`;
    const leecher = await startWatchedLeecher(swarm.torrent.path, join(swarm.settings, 'leecher'), libtorrentAt);
    // So slow that nobody comes to an end.
    const { port } = await startEffusionSeeder(swarm, ['--max-upload', '1K', '--peer', libtorrentAt]);
    await leecher.outputMatching(/^connected 1$/m);
    // Told nothing itself: it is not the one that makes the connection.
    const args = ['download', swarm.torrent.path, '-o', swarm.leechFolder, '--no-trackers', '--no-pex'];
    startEffusion([...args, '--peer', `${written}:${port}`], { timeoutMs: 80_000 });
    await leecher.outputMatching(/^connected 2$/m);
  });
});
