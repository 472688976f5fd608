// Super-seeding (BEP 16) to libtorrent: two leechers that know each other complete, and one alone does.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.js';
import { startLibtorrentLeecher, startWatchedLeecher } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';

describeWith(['libtorrent'], 'super-seeding to libtorrent', () => {
  test('two leechers', { timeout: 120_000 }, async () => {
    const swarm = await prepareSwarm();
    const folders = [join(swarm.settings, 'one'), join(swarm.settings, 'other')];
    const [oneAt, otherAt] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const one = await startWatchedLeecher(swarm.torrent.path, folders[0], oneAt);
    const other = await startWatchedLeecher(swarm.torrent.path, folders[1], otherAt, { dial: oneAt });
    await one.outputMatching(/^connected 1$/m);
    const dials = ['--peer', oneAt, '--peer', otherAt];
    // So slow that both are there before one of them has everything.
    const { child } = await startEffusionSeeder(swarm, ['--super-seeding', '--max-upload', '1M', ...dials]);
    for (const leecher of [one, other]) {
      const { code, stdout, stderr } = await leecher.ended;
      expect(code, stdout + stderr).toBe(0);
    }
    for (const folder of folders) expect(await payloadDifferences(payload, folder)).toEqual([]);
    await child.outputMatching(/super-seeding is over/);
  });

  test('one leecher alone', { timeout: 60_000 }, async () => {
    const swarm = await prepareSwarm();
    const { port } = await startEffusionSeeder(swarm, ['--super-seeding']);
    const listen = `127.0.0.1:${await freePort()}`;
    const end = await startLibtorrentLeecher(swarm.torrent.path, swarm.leechFolder, listen, `127.0.0.1:${port}`).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });
});
