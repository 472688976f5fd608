// `effusion download` from a libtorrent seeder: every byte, over IPv4 and IPv6.

import { expect, test } from 'vitest';
import { runEffusion } from '../support/effusion-command.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { expectDownload, payload, prepareSwarm } from '../support/swarm-of-two.js';

describeWith(['libtorrent'], 'download from libtorrent', () => {
  test.each([
    ['IPv4', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::1', '[::1]'],
  ])('over %s', async (_name, host, written) => {
    const swarm = await prepareSwarm();
    const address = `${written}:${await freePort(host)}`;
    const seeder = await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address);
    await expectDownload(swarm, address);
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    const uploaded = Number(/uploaded (\d+)/.exec(stdout)?.[1]);
    expect(uploaded).toBeGreaterThanOrEqual(payload.totalBytes);
    expect(uploaded, 'fetched nearly nothing twice').toBeLessThan(payload.totalBytes * 1.1);
  });

  test('under a limit: not quicker than that, and nothing twice', async () => {
    const swarm = await prepareSwarm();
    const addresses = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const { path: torrent } = swarm.torrent;
    const seeders = await Promise.all(addresses.map((address) => startLibtorrentSeeder(torrent, swarm.seedFolder, address)));
    const rate = Math.ceil(payload.totalBytes / 3);
    const peers = addresses.flatMap((address) => ['--peer', address]);
    const startedAt = performance.now();
    const limits = ['--max-download', String(rate), '--stall-timeout', '1'];
    const end = await runEffusion(['download', torrent, '-o', swarm.leechFolder, '--only-peers', ...peers, ...limits]);
    expect(end.code, end.stderr).toBe(0);
    expect(performance.now() - startedAt).toBeGreaterThan(2900);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
    for (const seeder of seeders) seeder.kill('SIGTERM');
    const ends = await Promise.all(seeders.map((seeder) => seeder.ended));
    const uploaded = ends.map(({ stdout }) => Number(/uploaded (\d+)/.exec(stdout)?.[1]));
    expect(uploaded[0] + uploaded[1]).toBeGreaterThanOrEqual(payload.totalBytes);
    expect(uploaded[0] + uploaded[1]).toBeLessThan(payload.totalBytes * 1.02);
    // Both are as quick as asked, so it goes round.
    expect(Math.min(...uploaded)).toBeGreaterThan(payload.totalBytes * 0.4);
  });

  test('from two seeders at once', async () => {
    const swarm = await prepareSwarm();
    const addresses = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    for (const address of addresses) await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address);
    await expectDownload(swarm, ...addresses);
  });
});
