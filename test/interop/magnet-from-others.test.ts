// `effusion download` of a magnet link whose metadata and data real seeders have: every byte.

import { expect, test } from 'vitest';
import { startAria2Seeder } from '../support/aria2-peer.js';
import { runEffusion } from '../support/effusion-command.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { payload, prepareSwarm, type SwarmOfTwo } from '../support/swarm-of-two.js';
import { startTransmission } from '../support/transmission-peer.js';

/** Small, so that the hashes of the pieces don't fit into one piece of metadata. */
const PIECE_LENGTH = 4096;

async function expectByMagnet(swarm: SwarmOfTwo, host: string, port: number): Promise<void> {
  const { url } = await startStaticTracker([{ host, port }]);
  const link = `magnet:?xt=urn:btih:${swarm.torrent.infoHash}&dn=anything&tr=${encodeURIComponent(url)}`;
  const end = await runEffusion(['download', link, '--output', swarm.leechFolder, '--timeout', '60']);
  expect(end.code, end.stdout + end.stderr).toBe(0);
  expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
}

describeWith(['libtorrent'], 'a magnet link, from libtorrent', () => {
  test('over IPv4', async () => {
    const swarm = await prepareSwarm([], PIECE_LENGTH);
    const port = await freePort();
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, `127.0.0.1:${port}`);
    await expectByMagnet(swarm, '127.0.0.1', port);
  });
});

describeWith(['aria2c'], 'a magnet link, from aria2', () => {
  test('over IPv4', async () => {
    const swarm = await prepareSwarm([], PIECE_LENGTH);
    const port = await freePort();
    await startAria2Seeder(swarm.torrent.path, swarm.seedFolder, port);
    await expectByMagnet(swarm, '127.0.0.1', port);
  });
});

describeWith(['transmission'], 'a magnet link, from transmission', () => {
  test('over IPv4', { timeout: 90_000 }, async () => {
    const swarm = await prepareSwarm([], PIECE_LENGTH);
    const port = await freePort();
    const seeder = await startTransmission(swarm.torrent.path, swarm.seedFolder, port, swarm.settings);
    await seeder.complete();
    await expectByMagnet(swarm, '127.0.0.1', port);
  });
});
