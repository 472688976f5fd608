// `effusion seed` and `effusion download` that know nothing of each other but opentracker: over UDP, over HTTP, and one of them
// by the one and one by the other; over IPv6 too, where opentracker was built for it.

import { expect, test } from 'vitest';
import { scrapeTrackers } from '../../src/engine/tracker-scrape.js';
import { startEffusion } from '../support/effusion-command.js';
import { isOpentrackerOfIpv6, startOpentracker, urlHost } from '../support/opentracker.js';
import { writeTorrent } from '../support/payload.js';
import { describeWith, missingPeers } from '../support/real-peers.js';
import { expectDownloadFromTrackers, payload, prepareSwarm } from '../support/swarm-of-two.js';
import { makeTempFolder } from '../support/temp-folder.js';

type Scheme = 'udp' | 'http';

const WAYS: readonly [Scheme, Scheme][] = [
  ['udp', 'udp'],
  ['http', 'http'],
  ['udp', 'http'],
  ['http', 'udp'],
];

async function throughOpentracker(host: '127.0.0.1' | '::1', seeding: Scheme, downloading: Scheme): Promise<void> {
  const swarm = await prepareSwarm();
  const tracker = await startOpentracker(swarm.torrent.infoHash, host);
  const urls = {
    udp: `udp://${urlHost(host)}:${tracker.udpPort}/announce`,
    http: `http://${urlHost(host)}:${tracker.httpPort}/announce`,
  };
  const torrentOf = async (scheme: Scheme): Promise<string> => {
    const torrent = await writeTorrent(payload, await makeTempFolder(), 65_536, [urls[scheme]]);
    expect(torrent.infoHash).toBe(swarm.torrent.infoHash);
    return torrent.path;
  };
  const seeder = startEffusion(['seed', await torrentOf(seeding), '--data', swarm.seedFolder], { timeoutMs: 120_000 });
  await seeder.outputMatching(/seeding .* on port \d+/);
  await tracker.seeds(1);
  const infoHash = Uint8Array.from(Buffer.from(swarm.torrent.infoHash, 'hex'));
  expect(await scrapeTrackers([[urls.http, urls.udp]], infoHash)).toMatchObject([
    { counts: { seeds: 1, leechers: 0, completed: 0 } },
    { counts: { seeds: 1, leechers: 0, completed: 0 } },
  ]);
  await expectDownloadFromTrackers(swarm, await torrentOf(downloading));
  seeder.kill('SIGINT');
  expect((await seeder.ended).code).toBe(130);
  await tracker.seeds(0);
}

describeWith(['opentracker'], 'through opentracker', () => {
  test.each(WAYS)('seed by %s, download by %s', { timeout: 60_000 }, (seeding, downloading) =>
    throughOpentracker('127.0.0.1', seeding, downloading),
  );

  const isOfIpv6 = !missingPeers().includes('opentracker') && isOpentrackerOfIpv6();
  if (!isOfIpv6)
    console.log(
      'Left out: opentracker over IPv6 (the one that is installed was built for IPv4 alone, and EFFUSION_OPENTRACKER_V6 names no other).',
    );
  test.skipIf(!isOfIpv6).each(WAYS)('over IPv6: seed by %s, download by %s', { timeout: 60_000 }, (seeding, downloading) =>
    throughOpentracker('::1', seeding, downloading),
  );
});
