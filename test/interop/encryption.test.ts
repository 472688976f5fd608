// Message Stream Encryption with peers that take nothing else: libtorrent, aria2 and transmission, as seeders and as leechers, by a
// torrent file and by a magnet link; and that the default finds its way to them.

import { expect, test } from 'vitest';
import { startAria2Leecher, startAria2Seeder } from '../support/aria2-peer.js';
import { runEffusion } from '../support/effusion-command.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentLeecher, startLibtorrentSeeder } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { expectDownloadWith, payload, prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';
import { startTransmission } from '../support/transmission-peer.js';

/** What effusion is told: with both it must reach, and be reached by, those that encrypt. */
const MODES = ['require', 'prefer'] as const;

describeWith(['libtorrent'], 'with a libtorrent that encrypts', () => {
  test.each(MODES)('a download with --encryption %s', async (mode) => {
    const swarm = await prepareSwarm();
    const address = `127.0.0.1:${await freePort()}`;
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address, { encrypts: true });
    await expectDownloadWith(swarm, swarm.torrent.path, '--encryption', mode, '--peer', address);
  });

  test.each(MODES)('a magnet link with --encryption %s', async (mode) => {
    const swarm = await prepareSwarm();
    const address = `127.0.0.1:${await freePort()}`;
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address, { encrypts: true });
    const magnet = `magnet:?xt=urn:btih:${swarm.torrent.infoHash}`;
    await expectDownloadWith(swarm, magnet, '--encryption', mode, '--peer', address);
  });

  test.each(MODES)('a seed with --encryption %s', async (mode) => {
    const swarm = await prepareSwarm();
    const { port } = await startEffusionSeeder(swarm, ['--encryption', mode]);
    const listen = `127.0.0.1:${await freePort()}`;
    const end = await startLibtorrentLeecher(swarm.torrent.path, swarm.leechFolder, listen, `127.0.0.1:${port}`, true).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });

  test('with --encryption off it is out of reach', async () => {
    const swarm = await prepareSwarm();
    const address = `127.0.0.1:${await freePort()}`;
    await startLibtorrentSeeder(swarm.torrent.path, swarm.seedFolder, address, { encrypts: true });
    const args = ['--no-trackers', '--encryption', 'off', '--peer', address, '--no-peers-timeout', '2s'];
    const end = await runEffusion(['download', swarm.torrent.path, '--output', swarm.leechFolder, ...args]);
    expect(end.code, end.stderr).toBe(5);
  });
});

describeWith(['libtorrent'], 'with a libtorrent that speaks plain only', () => {
  test('it is out of reach of --encryption require', async () => {
    const swarm = await prepareSwarm();
    const { port } = await startEffusionSeeder(swarm, ['--encryption', 'require']);
    const listen = `127.0.0.1:${await freePort()}`;
    const leecher = startLibtorrentLeecher(swarm.torrent.path, swarm.leechFolder, listen, `127.0.0.1:${port}`);
    await leecher.outputMatching(/^listening$/m);
    // Another one, which encrypts, is served meanwhile.
    await expectDownloadWith(swarm, swarm.torrent.path, '--encryption', 'require', '--peer', `127.0.0.1:${port}`);
    expect(leecher.output()).not.toContain('connected');
    leecher.kill('SIGTERM');
    await leecher.ended;
  });
});

describeWith(['aria2c'], 'with an aria2 that encrypts', () => {
  test.each(MODES)('a download with --encryption %s', async (mode) => {
    const swarm = await prepareSwarm();
    const port = await freePort();
    await startAria2Seeder(swarm.torrent.path, swarm.seedFolder, port, true);
    await expectDownloadWith(swarm, swarm.torrent.path, '--encryption', mode, '--peer', `127.0.0.1:${port}`);
  });

  test.each(MODES)('a seed with --encryption %s', async (mode) => {
    const port = await freePort();
    const { url } = await startStaticTracker([{ host: '127.0.0.1', port }]);
    const swarm = await prepareSwarm([url]);
    await startEffusionSeeder(swarm, ['--port', String(port), '--encryption', mode]);
    const end = await startAria2Leecher(swarm.torrent.path, swarm.leechFolder, await freePort(), true).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });
});

describeWith(['transmission'], 'with a transmission that encrypts', () => {
  async function download(mode: string): Promise<void> {
    const swarm = await prepareSwarm();
    const port = await freePort();
    const seeder = await startTransmission(swarm.torrent.path, swarm.seedFolder, port, swarm.settings, true);
    await seeder.complete();
    await expectDownloadWith(swarm, swarm.torrent.path, '--encryption', mode, '--peer', `127.0.0.1:${port}`);
  }

  async function seed(mode: string): Promise<void> {
    const swarm = await prepareSwarm();
    const port = await freePort();
    const leecher = await startTransmission(swarm.torrent.path, swarm.leechFolder, port, swarm.settings, true);
    await startEffusionSeeder(swarm, ['--peer', `127.0.0.1:${port}`, '--encryption', mode]);
    await leecher.complete();
    const differences = await payloadDifferences(payload, swarm.leechFolder);
    expect(differences).toEqual(['empty.txt is missing']); // transmission makes no empty files
  }

  // At once: transmission takes its time for each, 17 s mostly, and in a slow hour more than a minute.
  test.each(MODES)('a download, and a seed that dials it, with --encryption %s', { timeout: 120_000 }, async (mode) => {
    await Promise.all([download(mode), seed(mode)]);
  });
});
