// aria2 and libtorrent download from `effusion swarm`: by its torrent and its magnet link, through its faults, and it counts them.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startAria2Leecher } from '../support/aria2-peer.js';
import type { Child, ChildEnd } from '../support/child-process.js';
import { startEffusion } from '../support/effusion-command.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentLeecher } from '../support/libtorrent-peer.js';
import { awkwardPayload, payloadDifferences, writePayload } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { makeTempFolder } from '../support/temp-folder.js';

const payload = awkwardPayload();

interface Served {
  readonly child: Child;
  readonly torrent: string;
  readonly magnet: string;
  readonly peers: readonly string[];
  readonly leechFolder: string;
}

async function serve(...args: readonly string[]): Promise<Served> {
  const folder = await makeTempFolder();
  await writePayload(payload, join(folder, 'seed'));
  const leechFolder = join(folder, 'leech');
  await mkdir(leechFolder);
  const child = startEffusion(['swarm', join(folder, 'seed', payload.name), '--exit-after', '1', ...args], {
    timeoutMs: 120_000,
  });
  const [line] = await child.outputMatching(/^\{.*\}$/m);
  return { ...(JSON.parse(line) as Omit<Served, 'child' | 'leechFolder'>), child, leechFolder };
}

async function expectDownloaded({ child, leechFolder }: Served, end: ChildEnd): Promise<void> {
  expect(end.code, end.stdout + end.stderr).toBe(0);
  expect(await payloadDifferences(payload, leechFolder)).toEqual([]);
  const over = await child.ended;
  expect(over.code, over.stderr).toBe(0);
  expect(over.stderr).toMatch(/^1 download completed of 1$/m);
}

describeWith(['aria2c'], 'aria2 from effusion swarm', () => {
  test.each([
    ['without faults', []],
    ['liars and an honest one', ['--seeders', '3', '--honest', '1', '--corrupt', '10%', '--random-seed', '3']],
    ['slow, and choked for a third of the time', ['--slow', '400K', '--choke', '30%']],
  ])('%s', async (_, args) => {
    const served = await serve(...args);
    await expectDownloaded(
      served,
      await startAria2Leecher(served.torrent, served.leechFolder, await freePort('127.0.0.1')).ended,
    );
  });

  test('by the magnet link, from a swarm that lies now and then', async () => {
    const served = await serve('--corrupt', '2%', '--honest', '1', '--random-seed', '7');
    await expectDownloaded(served, await startAria2Leecher(served.magnet, served.leechFolder, await freePort('127.0.0.1')).ended);
  });

  test('encrypted, by the magnet link', async () => {
    const served = await serve('--corrupt', '1%', '--honest', '1', '--random-seed', '3');
    await expectDownloaded(
      served,
      await startAria2Leecher(served.magnet, served.leechFolder, await freePort('127.0.0.1'), true).ended,
    );
  });
});

describeWith(['libtorrent'], 'libtorrent from effusion swarm', () => {
  test.each([
    ['without faults', []],
    ['counted by a UDP tracker', ['--udp']],
    ['slow, and choked for half of the time', ['--slow', '1M', '--choke', '50%']],
  ])('%s', async (_, args) => {
    const served = await serve('--seeders', '1', ...args);
    const listen = `127.0.0.1:${await freePort('127.0.0.1')}`;
    await expectDownloaded(
      served,
      await startLibtorrentLeecher(served.torrent, served.leechFolder, listen, served.peers[0]).ended,
    );
  });

  test('past one that lies, which it leaves for the honest one', async () => {
    const served = await serve('--corrupt', '20%', '--honest', '1', '--random-seed', '3');
    const listen = `127.0.0.1:${await freePort('127.0.0.1')}`;
    await expectDownloaded(
      served,
      await startLibtorrentLeecher(served.torrent, served.leechFolder, listen, served.peers[0]).ended,
    );
    // Once in some forty runs, after it has banned the liar, it asks the honest one, interested and unchoked, for nothing until a minute is over.
  }, 120_000);
});
