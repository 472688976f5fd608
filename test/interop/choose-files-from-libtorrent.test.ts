// Some files of a torrent from a libtorrent seeder: these and no others, and little more is sent than their pieces hold.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runEffusion } from '../support/effusion-command.js';
import { filesBelow } from '../support/engine-rig.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder } from '../support/libtorrent-peer.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm } from '../support/swarm-of-two.js';

describeWith(['libtorrent'], 'files chosen from libtorrent', () => {
  test.each([
    [['--files', 'sub/**']],
    [['--files', 'sub/**', '--sequential']],
    [['--files', 'sub/**', '--first-last', '--priority', '*.bin=high']],
  ])('%j', async (options) => {
    const swarm = await prepareSwarm();
    const address = `127.0.0.1:${await freePort('127.0.0.1')}`;
    const seeder = await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address);
    const args = ['download', swarm.torrent.path, '-o', swarm.leechFolder, '--only-peers', '--peer', address];
    const end = await runEffusion([...args, ...options], { env: { XDG_CACHE_HOME: `${swarm.leechFolder}-cache` } });
    expect(end.code, end.stderr).toBe(0);
    const chosen = payload.files.filter((file) => file.path.startsWith('sub/'));
    expect(await filesBelow(swarm.leechFolder)).toEqual(chosen.map((file) => `${payload.name}/${file.path}`).toSorted());
    for (const file of chosen) {
      expect(Buffer.compare(await readFile(path.join(swarm.leechFolder, payload.name, file.path)), file.bytes)).toBe(0);
    }
    seeder.kill('SIGTERM');
    const { stdout } = await seeder.ended;
    const bytes = chosen.reduce((sum, file) => sum + file.bytes.length, 0);
    expect(Number(/uploaded (\d+)/.exec(stdout)?.[1])).toBeLessThan(bytes * 1.2);
  });
});
