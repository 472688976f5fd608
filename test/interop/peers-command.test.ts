// `effusion peers` looks at real clients: aria2, libtorrent and transmission say who they are, that they have everything, and take the
// encryption that is asked of them.

import { expect, test } from 'vitest';
import { startAria2Seeder } from '../support/aria2-peer.js';
import { runEffusion } from '../support/effusion-command.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentSeeder } from '../support/libtorrent-peer.js';
import { describeWith } from '../support/real-peers.js';
import { prepareSwarm, type SwarmOfTwo } from '../support/swarm-of-two.js';
import { startTransmission } from '../support/transmission-peer.js';

interface Peer {
  readonly address: string;
  readonly result: string;
  readonly client: string;
  readonly progress: number;
  readonly metadataBytes: number | null;
  readonly encrypted: boolean;
}

async function look(swarm: SwarmOfTwo, port: number, ...args: readonly string[]): Promise<Peer> {
  const end = await runEffusion([
    'peers',
    swarm.torrent.path,
    '--json',
    '--no-trackers',
    '--no-dht',
    '--peer',
    `127.0.0.1:${port}`,
    ...args,
  ]);
  expect(end.code, end.stdout + end.stderr).toBe(0);
  return JSON.parse(end.stdout) as Peer;
}

async function expectSeed(swarm: SwarmOfTwo, port: number, client: RegExp): Promise<void> {
  const seed = {
    address: `127.0.0.1:${port}`,
    result: 'connected',
    progress: 1,
    client: expect.stringMatching(client) as string,
  };
  expect(await look(swarm, port)).toMatchObject({ ...seed, encrypted: false });
  expect(await look(swarm, port, '--encryption', 'require')).toMatchObject({ ...seed, encrypted: true });
}

describeWith(['aria2c'], 'effusion peers and aria2', () => {
  test('says what it is', async () => {
    const swarm = await prepareSwarm();
    const port = await freePort('127.0.0.1');
    await startAria2Seeder(swarm.torrent.path, swarm.seedFolder, port);
    await expectSeed(swarm, port, /aria2/);
  });
});

describeWith(['libtorrent'], 'effusion peers and libtorrent', () => {
  test('says what it is', async () => {
    const swarm = await prepareSwarm();
    const port = await freePort('127.0.0.1');
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, `127.0.0.1:${port}`);
    await expectSeed(swarm, port, /libtorrent/);
  });
});

describeWith(['transmission'], 'effusion peers and transmission', () => {
  test('says what it is', async () => {
    const swarm = await prepareSwarm();
    const port = await freePort('127.0.0.1');
    const peer = await startTransmission(swarm.torrent.path, swarm.seedFolder, port, swarm.settings);
    await peer.complete();
    await expectSeed(swarm, port, /Transmission/);
  });
});
