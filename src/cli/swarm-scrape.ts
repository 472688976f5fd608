// `--scrape` of `info`: what trackers and the DHT say of the swarm, asked for without a session, and for a link without its metadata. A dead
// one is a line of the table; only when all of them are dead is it a failure (6).

import type { Client } from '../engine/client.js';
import { CONFIG } from '../engine/config.js';
import type { EgressOptions } from '../engine/egress.js';
import { scrapeDht } from '../engine/dht-scrape.js';
import type { MetainfoNode } from '../metainfo/metainfo.js';
import type { TorrentOrigin } from '../model/torrent-origin.js';
import { scrapeTrackers, type ScrapeOutcome } from '../engine/tracker-scrape.js';
import type { CommandContext } from './command-context.js';
import { CommandError } from './command-error.js';
import { formatCount, formatLimit } from './render/human-numbers.js';
import { wayOut } from './network-switches.js';
import { UsageError } from './usage-error.js';

export interface ScrapeRequest extends EgressOptions {
  readonly tiers: readonly (readonly string[])[];
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** For the DHT, and closed by whoever gave it; null: it is not asked. */
  readonly openClient: (() => Promise<Client>) | null;
  readonly nodes: readonly MetainfoNode[];
  /** Of the torrent that names trackers and nodes; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  /** What the line about it begins with: nothing where there is one torrent. */
  readonly whose: string;
  /** Milliseconds, for all of them; undefined: the default. 0 is that too: some tracker is always dead. */
  readonly timeout?: number;
}

/** A scrape that a signal ended. */
export class ScrapeStoppedError extends Error {}

/** The trackers in their order, then the DHT. Rejects with UsageError where there is nobody to ask, and with ScrapeStoppedError. */
export async function scrapeSwarm(request: ScrapeRequest, context: CommandContext): Promise<ScrapeOutcome[]> {
  const { tiers, origin, infoHash, openClient, whose, timeout = 0 } = request;
  const { interruption, board } = context;
  const trackers = new Set(tiers.flat()).size;
  if (trackers === 0 && openClient === null) throw new UsageError('there is no tracker to ask', 'Name one with --tracker URL.');
  const timeoutMs = timeout > 0 ? timeout : CONFIG.tracker.scrapeTimeoutMs;
  const asked = [...(trackers > 0 ? [formatCount(trackers, 'tracker')] : []), ...(openClient === null ? [] : ['the DHT'])];
  board.log(`${whose}asking ${asked.join(' and ')}; gives up after ${formatLimit(timeoutMs)} (--timeout)`);
  const stop = new AbortController();
  const forgetStop = interruption.onStop(() => stop.abort());
  try {
    const trackersAnswer = scrapeTrackers(tiers, infoHash, {
      timeoutMs,
      signal: stop.signal,
      ...(origin === null ? {} : { origin }),
      ...wayOut(request),
    });
    const dhtAnswer = openClient === null ? null : askDht(request, await openClient(), trackersAnswer, timeoutMs, stop.signal);
    const outcomes = await trackersAnswer;
    const dht = await dhtAnswer;
    if (dht !== null) outcomes.push(dht);
    if (stop.signal.aborted) throw new ScrapeStoppedError('stopped');
    return outcomes;
  } finally {
    forgetStop();
  }
}

/** The trackers' time, and a little more where they are through sooner. */
async function askDht(
  { infoHash, nodes, origin }: ScrapeRequest,
  client: Client,
  trackersAnswer: Promise<unknown>,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<ScrapeOutcome | null> {
  const patience = new AbortController();
  const timers = [setTimeout(() => patience.abort(), timeoutMs)];
  void trackersAnswer.finally(() => {
    timers.push(setTimeout(() => patience.abort(), Math.min(timeoutMs, CONFIG.tracker.scrapeDhtMs)));
  });
  try {
    return await scrapeDht({ client, infoHash, nodes, origin, signal: AbortSignal.any([patience.signal, stop]) });
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

/** The failure (network_failed) where nobody answered, to be thrown when everything has been printed; null where somebody did. */
export function scrapeFailure(outcomes: readonly ScrapeOutcome[]): CommandError | null {
  if (outcomes.some((outcome) => 'counts' in outcome)) return null;
  const isTracker = outcomes[0]?.url !== 'DHT';
  const many = `none of ${outcomes.length} ${outcomes.some(({ url }) => url === 'DHT') ? 'sources' : 'trackers'} answered`;
  const who = outcomes.length === 1 ? `the ${isTracker ? 'tracker' : 'DHT'} did not answer` : many;
  return new CommandError('network_failed', `${who} the scrape`, 'The table says why; --tracker URL asks another.');
}
