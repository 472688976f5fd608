// What the trackers of a torrent say of its swarm (BEP 48), without a session: for `effusion info --scrape` and for library users. Nobody
// hears of us by it.

import { scrapeAll, type ScrapeOutcome } from '../discovery/tracker/scrape-all.js';
import { CONFIG } from './config.js';
import { createEgress, type EgressOptions } from './egress.js';
import type { TorrentOrigin } from '../model/torrent-origin.js';
import { monotonicNow } from './monotonic-clock.js';
import { createTransport } from './tracker-setup.js';

export type { ScrapeOutcome };

export interface TrackerScrapeOptions extends EgressOptions {
  /** For all trackers together; default: `CONFIG.tracker.scrapeTimeoutMs`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Where the torrent file came from, if it is not the user's own: no tracker is asked where its server may not lead. */
  readonly origin?: TorrentOrigin;
}

/**
 * `tiers`: a torrent's `announceTiers`. `infoHash`: 20 bytes. One outcome for each distinct tracker, in their order; what failed is an
 * outcome too. Rejects with InterfaceError only.
 */
export async function scrapeTrackers(
  tiers: readonly (readonly string[])[],
  infoHash: Uint8Array,
  options: TrackerScrapeOptions = {},
): Promise<ScrapeOutcome[]> {
  const { scrapeTimeoutMs, scrapeParallel: parallel } = CONFIG.tracker;
  const egress = await createEgress(options);
  const transport = createTransport(egress);
  try {
    return await scrapeAll({
      tiers,
      origin: options.origin ?? null,
      infoHash,
      transport,
      parallel,
      timeoutMs: options.timeoutMs ?? scrapeTimeoutMs,
      now: monotonicNow,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } finally {
    transport.close?.();
    egress.close();
  }
}
