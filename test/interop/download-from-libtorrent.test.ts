// `effusion download` from a libtorrent seeder: every byte, over IPv4 and IPv6.

import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder } from '../support/libtorrent-peer.js';
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

  test('from two seeders at once', async () => {
    const swarm = await prepareSwarm();
    const addresses = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    for (const address of addresses) await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address);
    await expectDownload(swarm, ...addresses);
  });
});
