// Who wants nothing says so (BEP 21): libtorrent's seeds to us, and ours to libtorrent.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { nextNotice, openClient, startSession } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder, startWatchedLeecher } from '../support/libtorrent-peer.js';
import { describeWith } from '../support/real-peers.js';
import { prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';

describeWith(['libtorrent'], 'upload_only with libtorrent', () => {
  test('its seed tells us', { timeout: 60_000 }, async () => {
    const swarm = await prepareSwarm();
    const port = await freePort();
    // So slow that it is still there when it is looked at.
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, `127.0.0.1:${port}`, { uploadBytesPerSecond: 100_000 });
    const metainfo = parseTorrentFile(await readFile(swarm.torrent.path));
    const server = await startSession(metainfo, null, { client: await openClient(), peers: [{ host: '127.0.0.1', port }] });
    await nextNotice(server, 'piece-stored');
    expect(server.snapshot().peers.map(({ isUploadOnly }) => isUploadOnly)).toEqual([true]);
  });

  test('ours tells it', { timeout: 60_000 }, async () => {
    const swarm = await prepareSwarm();
    const { port } = await startEffusionSeeder(swarm, ['--max-upload', '1K']);
    const listen = `127.0.0.1:${await freePort()}`;
    const dial = `127.0.0.1:${port}`;
    const leecher = await startWatchedLeecher(swarm.torrent.path, join(swarm.settings, 'leecher'), listen, { dial });
    await leecher.outputMatching(/^upload only$/m);
  });
});
