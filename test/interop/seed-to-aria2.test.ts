// An aria2 leecher completes from `effusion seed`: every byte. aria2 takes peers from trackers only, so it gets one.

import { expect, test } from 'vitest';
import { startAria2Leecher } from '../support/aria2-peer.js';
import { freePort } from '../support/free-port.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { payload, prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';

describeWith(['aria2c'], 'seed to aria2', () => {
  test('over IPv4', async () => {
    const port = await freePort();
    const { url } = await startStaticTracker([{ host: '127.0.0.1', port }]);
    const swarm = await prepareSwarm([url]);
    await startEffusionSeeder(swarm, ['--port', String(port)]);
    const end = await startAria2Leecher(swarm.torrent.path, swarm.leechFolder, await freePort()).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });
});
