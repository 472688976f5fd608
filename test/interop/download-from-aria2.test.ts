// `effusion download` from an aria2 seeder: every byte.

import { test } from 'vitest';
import { startAria2Seeder } from '../support/aria2-peer.js';
import { freePort } from '../support/free-port.js';
import { describeWith } from '../support/real-peers.js';
import { expectDownload, prepareSwarm } from '../support/swarm-of-two.js';

describeWith(['aria2c'], 'download from aria2', () => {
  test('over IPv4', async () => {
    const swarm = await prepareSwarm();
    const port = await freePort();
    await startAria2Seeder(swarm.torrent.path, swarm.seedFolder, port);
    await expectDownload(swarm, `127.0.0.1:${port}`);
  });
});
