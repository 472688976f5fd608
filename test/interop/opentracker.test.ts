// `effusion seed` and `effusion download` that know nothing of each other but opentracker: over UDP, over HTTP, and one of them
// by the one and one by the other.

import { expect, test } from 'vitest';
import { scrapeTrackers } from '../../src/engine/tracker-scrape.js';
import { startEffusion } from '../support/effusion-command.js';
import { startOpentracker } from '../support/opentracker.js';
import { writeTorrent } from '../support/payload.js';
import { describeWith } from '../support/real-peers.js';
import { expectDownloadFromTrackers, payload, prepareSwarm } from '../support/swarm-of-two.js';
import { makeTempFolder } from '../support/temp-folder.js';

describeWith(['opentracker'], 'through opentracker', () => {
  test.each([
    ['udp', 'udp'],
    ['http', 'http'],
    ['udp', 'http'],
    ['http', 'udp'],
  ] as const)('seed by %s, download by %s', { timeout: 60_000 }, async (seeding, downloading) => {
    const swarm = await prepareSwarm();
    const tracker = await startOpentracker(swarm.torrent.infoHash);
    const urls = {
      udp: `udp://127.0.0.1:${tracker.udpPort}/announce`,
      http: `http://127.0.0.1:${tracker.httpPort}/announce`,
    };
    const torrentOf = async (scheme: 'udp' | 'http'): Promise<string> => {
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
  });
});
