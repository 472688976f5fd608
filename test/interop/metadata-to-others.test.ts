// Leechers that have a magnet link and nothing else complete from `effusion seed`: the info dictionary by ut_metadata, in more
// than one piece, then every byte of the content.

import { expect, test } from 'vitest';
import { startAria2Leecher } from '../support/aria2-peer.js';
import { freePort } from '../support/free-port.js';
import { startLibtorrentLeecher } from '../support/libtorrent-peer.js';
import { payloadDifferences } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { startStaticTracker } from '../support/static-tracker.js';
import { payload, prepareSwarm, startEffusionSeeder, type SwarmOfTwo } from '../support/swarm-of-two.js';

/** Small, so that the hashes of the pieces don't fit into one piece of metadata. */
const PIECE_LENGTH = 4096;

/** Without trackers in its torrent: what leads to the seeder is in the link or comes beside it. */
async function prepareMetadataSwarm(): Promise<SwarmOfTwo> {
  const swarm = await prepareSwarm([], PIECE_LENGTH);
  expect(swarm.torrent.bytes.length).toBeGreaterThan(16_384 + 1000);
  return swarm;
}

function magnet(swarm: SwarmOfTwo, ...parameters: readonly string[]): string {
  return ['magnet:?xt=urn:btih:'.concat(swarm.torrent.infoHash), ...parameters].join('&');
}

describeWith(['libtorrent'], 'metadata to libtorrent', () => {
  test.each([
    ['IPv4', '127.0.0.1', '127.0.0.1'],
    ['IPv6', '::1', '[::1]'],
  ])('over %s', async (_name, host, written) => {
    const swarm = await prepareMetadataSwarm();
    const { port } = await startEffusionSeeder(swarm);
    const listen = `${written}:${await freePort(host)}`;
    const end = await startLibtorrentLeecher(magnet(swarm), swarm.leechFolder, listen, `${written}:${port}`).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });
});

describeWith(['aria2c'], 'metadata to aria2', () => {
  test('over IPv4, with a tracker in the link', async () => {
    const port = await freePort();
    const { url } = await startStaticTracker([{ host: '127.0.0.1', port }]);
    const swarm = await prepareMetadataSwarm();
    await startEffusionSeeder(swarm, ['--port', String(port)]);
    const link = magnet(swarm, `tr=${encodeURIComponent(url)}`);
    const end = await startAria2Leecher(link, swarm.leechFolder, await freePort()).ended;
    expect(end.code, end.stdout + end.stderr).toBe(0);
    expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  });
});
