// A real interface that is pulled out from under a download: the run ends with 6 and names it, and before that nothing came from any other
// address.

import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { canMakeNetworks, makeProxiedNetwork, PROXY_HOST } from '../support/proxied-network.js';
import { describeWith } from '../support/real-peers.js';
import { prepareSwarm } from '../support/swarm-of-two.js';

const COMMAND = fileURLToPath(new URL('../../bin/effusion.js', import.meta.url));

describe.runIf(canMakeNetworks())('in a namespace of its own', () => {
  describeWith(['nftables'], '--interface', () => {
    test.each(['cable', '10.77.0.2'])('%s vanishes', { timeout: 60_000 }, async (name) => {
      const swarm = await prepareSwarm();
      const network = await makeProxiedNetwork();
      const { path: torrent } = swarm.torrent;
      const seeding = [COMMAND, 'seed', torrent, '--data', swarm.seedFolder, '--no-trackers', '--max-upload', '100K'];
      const seeder = network.outside(process.execPath, seeding);
      const [, port] = await seeder.outputMatching(/on port (\d+)/);
      const peer = ['--no-trackers', '--peer', `${PROXY_HOST}:${port}`];
      const downloading = [COMMAND, 'download', torrent, '-o', swarm.leechFolder, ...peer, '--interface', name];
      const client = network.inside(process.execPath, downloading);
      await client.outputMatching(/1 peer/);
      await network.inside('ip', ['link', 'delete', 'cable']).ended;
      const end = await client.ended;
      expect([end.code, end.stdout]).toEqual([6, '']);
      expect(end.stderr).toMatch(new RegExp(`error: the network interface ${name} has gone\\. .* \\(exit 6\\)`));
    });

    test('one that is not there', { timeout: 60_000 }, async () => {
      const swarm = await prepareSwarm();
      const network = await makeProxiedNetwork();
      const args = [COMMAND, 'download', swarm.torrent.path, '-o', swarm.leechFolder, '--interface', 'tun7'];
      const end = await network.inside(process.execPath, args).ended;
      expect([end.code, end.stderr]).toEqual([6, expect.stringMatching(/no network interface tun7 .*there are: lo, cable/)]);
    });
  });
});
