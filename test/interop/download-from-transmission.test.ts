// `effusion download` from a transmission-daemon seeder: every byte. It decides every 10 seconds whom to unchoke.

import { test } from 'vitest';
import { freePort } from '../support/free-port.js';
import { describeWith } from '../support/real-peers.js';
import { startTransmission } from '../support/transmission-peer.js';
import { expectDownload, prepareSwarm } from '../support/swarm-of-two.js';

describeWith(['transmission'], 'download from transmission', () => {
  test('over IPv4', { timeout: 60_000 }, async () => {
    const swarm = await prepareSwarm();
    const port = await freePort();
    const seeder = await startTransmission(swarm.torrent.path, swarm.seedFolder, port, swarm.settings);
    await seeder.complete();
    await expectDownload(swarm, `127.0.0.1:${port}`);
  });
});
