// The rig itself: the real programs complete from one another over the same torrent and the same helpers, without effusion.
// When an interop test fails and this one passes, the fault is ours.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startAria2Leecher, startAria2Seeder } from '../support/aria2-peer.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentLeecher, startLibtorrentSeeder } from '../support/libtorrent-peer.js';
import { awkwardPayload, payloadDifferences, writePayload, writeTorrent } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { makeTempFolder } from '../support/temp-folder.js';
import { startTransmission } from '../support/transmission-peer.js';

const payload = awkwardPayload();

describeWith(['libtorrent', 'aria2c'], 'libtorrent and aria2', () => {
  test('aria2 completes from libtorrent', async () => {
    const folder = await makeTempFolder();
    const port = await freePort();
    const { url } = await startStaticTracker([{ host: '127.0.0.1', port }]);
    const torrent = await writeTorrent(payload, folder, 65_536, [url]);
    await writePayload(payload, join(folder, 'seed'));
    await startLibtorrentSeeder(torrent.path, join(folder, 'seed'), `127.0.0.1:${port}`);
    const end = await startAria2Leecher(torrent.path, join(folder, 'out'), await freePort()).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, join(folder, 'out'))).toEqual([]);
  });

  test('libtorrent completes from aria2', async () => {
    const folder = await makeTempFolder();
    const [port, own] = [await freePort(), await freePort()];
    const torrent = await writeTorrent(payload, folder);
    await writePayload(payload, join(folder, 'seed'));
    await startAria2Seeder(torrent.path, join(folder, 'seed'), port);
    const end = await startLibtorrentLeecher(torrent.path, join(folder, 'out'), `127.0.0.1:${own}`, `127.0.0.1:${port}`).ended;
    expect(end.code, end.stderr).toBe(0);
    expect(await payloadDifferences(payload, join(folder, 'out'))).toEqual([]);
  });
});

describeWith(['libtorrent', 'transmission'], 'libtorrent and transmission', () => {
  test('libtorrent completes from transmission', async () => {
    const folder = await makeTempFolder();
    const [port, own] = [await freePort(), await freePort()];
    const torrent = await writeTorrent(payload, folder);
    await writePayload(payload, join(folder, 'seed'));
    const seeder = await startTransmission(torrent.path, join(folder, 'seed'), port, join(folder, 'settings'));
    await seeder.complete();
    const end = await startLibtorrentLeecher(torrent.path, join(folder, 'out'), `127.0.0.1:${own}`, `127.0.0.1:${port}`).ended;
    expect(end.code, end.stderr).toBe(0);
    expect(await payloadDifferences(payload, join(folder, 'out'))).toEqual([]);
  });

  test('transmission completes from libtorrent', { timeout: 60_000 }, async () => {
    const folder = await makeTempFolder();
    const [port, own] = [await freePort(), await freePort()];
    const torrent = await writeTorrent(payload, folder);
    await writePayload(payload, join(folder, 'seed'));
    await mkdir(join(folder, 'out'));
    const leecher = await startTransmission(torrent.path, join(folder, 'out'), own, join(folder, 'settings'));
    await startLibtorrentSeeder(torrent.path, join(folder, 'seed'), `127.0.0.1:${port}`, { dial: `127.0.0.1:${own}` });
    await leecher.complete();
    const differences = await payloadDifferences(payload, join(folder, 'out'));
    expect(differences).toEqual(['empty.txt is missing']); // transmission makes no empty files
  });
});
