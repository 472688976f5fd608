// A transmission-daemon leecher completes from `effusion seed`, which dials it: transmission dials no 127.0.0.x address.

import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { startTransmission } from '../support/transmission-peer.js';
import { payload, prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';

describeWith(['transmission'], 'seed to transmission', () => {
  test('over IPv4', { timeout: 60_000 }, async () => {
    const swarm = await prepareSwarm();
    const port = await freePort();
    const leecher = await startTransmission(swarm.torrent.path, swarm.leechFolder, port, swarm.settings);
    await startEffusionSeeder(swarm, ['--peer', `127.0.0.1:${port}`]);
    await leecher.complete();
    const differences = await payloadDifferences(payload, swarm.leechFolder);
    expect(differences).toEqual(['empty.txt is missing']); // transmission makes no empty files
  });
});
