// The DHT among libtorrent nodes, in both directions: theirs is found by a bare hash, and ours by theirs.

import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { parseTorrentFile } from '../../src/metainfo/torrent-file.js';
import { parseAddress } from '../../src/model/address.js';
import { nextNotice, openClient, startSession } from '../support/engine-rig.js';
import { runEffusion } from '../support/effusion-command.js';
import { startRing } from '../support/libtorrent-ring.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { payload, prepareSwarm, startEffusionSeeder } from '../support/swarm-of-two.js';

const TIMEOUT = { timeout: 90_000 };
const HOSTS = ['127.0.0.1', '::1'] as const;

describeWith(['libtorrent'], 'the DHT, among libtorrent nodes', () => {
  test.each(HOSTS)('a bare hash leads to a seeder and its data, on %s', TIMEOUT, async (host) => {
    const swarm = await prepareSwarm();
    const { node } = await startRing(host, { seed: [swarm.torrent.path, swarm.seedFolder] });
    const args = ['download', swarm.torrent.infoHash, '-o', swarm.leechFolder, '--dht-bootstrap', node];
    const end = await runEffusion(args, { timeoutMs: 60_000 });
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });

  test('its nodes say how many seeds there are', TIMEOUT, async () => {
    const swarm = await prepareSwarm();
    const { node } = await startRing('127.0.0.1', { seed: [swarm.torrent.path, swarm.seedFolder] });
    const scrape = async (): Promise<unknown> => {
      const end = await runEffusion(['info', swarm.torrent.infoHash, '--scrape', '--json', '-q', '--dht-bootstrap', node]);
      expect(end.code, end.stderr).toBe(0);
      return JSON.parse(end.stdout);
    };
    // The seeder announces itself a moment after it has begun.
    await vi.waitFor(
      async () => expect(await scrape()).toMatchObject({ scrape: [{ url: 'DHT', seeds: 1, leechers: 0, error: null }] }),
      40_000,
    );
  });

  test.each(HOSTS)('a libtorrent leecher finds our seeder, on %s', TIMEOUT, async (host) => {
    const swarm = await prepareSwarm();
    const link = `magnet:?xt=urn:btih:${swarm.torrent.infoHash}`;
    const { child, node } = await startRing(host, { leech: [link, swarm.leechFolder] });
    await startEffusionSeeder(swarm, ['--dht-bootstrap', node]);
    await child.outputMatching(/^finished$/m);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });

  test('a peer of libtorrent tells us of its node, and by that alone we know the others', TIMEOUT, async () => {
    const swarm = await prepareSwarm();
    const { seeder } = await startRing('127.0.0.1', { seed: [swarm.torrent.path, swarm.seedFolder] });
    const metainfo = parseTorrentFile(await readFile(swarm.torrent.path));
    const client = await openClient({ dht: { bootstrap: [] } });
    const address = parseAddress(seeder);
    const service = await client.dht?.open();
    expect(service?.nodes).toBe(0);
    const session = await startSession(metainfo, null, { client, seed: true, peers: address === null ? [] : [address] });
    await nextNotice(session, 'peer-opened');
    await vi.waitFor(() => expect(service?.nodes).toBeGreaterThan(6), 40_000);
  });
});
