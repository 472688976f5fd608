// A libtorrent leecher completes from `effusion seed`: every byte, over IPv4 and IPv6.

import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.js';
import { startLibtorrentLeecher } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';

describeWith(['libtorrent'], 'seed to libtorrent', () => {
  test.each([
    ['IPv4', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::1', '[::1]'],
  ])('over %s', async (_name, host, written) => {
    const swarm = await prepareSwarm();
    const { port } = await startEffusionSeeder(swarm);
    const listen = `${written}:${await freePort(host)}`;
    const end = await startLibtorrentLeecher(swarm.torrent.path, swarm.leechFolder, listen, `${written}:${port}`).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });
});
