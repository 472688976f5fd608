// What the DHT knows of a torrent's swarm (BEP 33), without a session: estimates, from filters that its nodes keep of seeds and of the
// others. In the shape of a tracker's answer, so that both stand in one table.

import type { ScrapeOutcome } from '../discovery/tracker/scrape-all.js';
import type { SearchOutcome } from '../discovery/dht/protocol/dht-terms.js';
import type { MetainfoNode } from '../metainfo/metainfo.js';
import { mayTorrentLead, type TorrentOrigin } from '../model/torrent-origin.js';
import type { Client } from './client.js';
import { monotonicNow } from './monotonic-clock.js';

export interface DhtScrape {
  readonly client: Client;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Of the torrent: ways into the DHT. */
  readonly nodes: readonly MetainfoNode[];
  /** Of the torrent that names them; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  /** When nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** Null where the client has no DHT. Never rejects. */
export async function scrapeDht({ client, infoHash, nodes, origin, signal }: DhtScrape): Promise<ScrapeOutcome | null> {
  const { dht } = client;
  if (dht === null) return null;
  const startedAt = monotonicNow();
  const end = (): { url: string; latencyMs: number } => ({ url: 'DHT', latencyMs: monotonicNow() - startedAt });
  const service = await dht.open();
  if (service === null) return { error: { code: 'unreachable', message: 'no UDP socket for it' }, ...end() };
  service.addNodes(nodes, (address) => mayTorrentLead(origin, address));
  const outcome = await new Promise<SearchOutcome | null>((resolve) => {
    const giveUp = service.search(
      { infoHash, announce: null, scrape: true },
      { onPeers: () => {}, onDone: (found) => resolve(found) },
    );
    const stop = (): void => {
      giveUp();
      resolve(null);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  if (outcome === null) return { error: { code: 'timeout', message: 'no answer in time' }, ...end() };
  if (outcome.nodes === 0) return { error: { code: 'unreachable', message: 'no node answers' }, ...end() };
  const { scrape, peers } = outcome;
  // Who keeps no filters still names peers, of which nobody knows whether they have all.
  const counts = scrape === null ? { seeds: null, leechers: peers } : { seeds: scrape.seeds, leechers: scrape.peers };
  return { counts: { ...counts, completed: null }, ...end() };
}
