// Local discovery (BEP 14) with libtorrent, which listens on one address of the host's loop: nobody is named to anybody.

import { expect, test } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { readFile } from 'node:fs/promises';
import { openClient, startSession } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder, startWatchedLeecher } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm } from '../support/swarm-of-two.js';

describeWith(['libtorrent'], 'with libtorrent on the same network', () => {
  test('a download finds its seed, or is found by it', async () => {
    const swarm = await prepareSwarm();
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, `127.0.0.1:${await freePort()}`, { usesLsd: true });
    const metainfo = parseTorrentFile(await readFile(swarm.torrent.path));
    const client = await openClient({ lsd: true });
    const server = await startSession(metainfo, swarm.leechFolder, { client, useTrackers: false });
    expect(await server.done()).toMatchObject({ status: 'complete' });
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });

  test('a seed hears a leecher that comes, and reaches it', async () => {
    const swarm = await prepareSwarm();
    const metainfo = parseTorrentFile(await readFile(swarm.torrent.path));
    const client = await openClient({ lsd: true });
    const seed = await startSession(metainfo, swarm.seedFolder, { client, useTrackers: false, seed: true, isReadOnly: true });
    const leecher = await startWatchedLeecher(swarm.torrent.path, swarm.leechFolder, `127.0.0.1:${await freePort()}`, {
      usesLsd: true,
    });
    expect((await leecher.ended).code).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
    expect(seed.snapshot().peersMet).toBeGreaterThan(0);
  });
});
