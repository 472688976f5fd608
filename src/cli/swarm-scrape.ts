// `--scrape` of `info`: what the trackers say of the swarm, asked for without a session, and for a link without its metadata. A dead
// tracker is a line of the table; only when all of them are dead is it a failure (6).

import { CONFIG } from '../engine/config.js';
import type { EgressOptions } from '../engine/egress.js';
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
  /** Milliseconds, for all trackers; undefined: the default. 0 is that too: some tracker is always dead. */
  readonly timeout?: number;
}

/** A scrape that a signal ended. */
export class ScrapeStoppedError extends Error {}

/** Rejects with UsageError where there is no tracker, and with ScrapeStoppedError. */
export async function scrapeSwarm(request: ScrapeRequest, context: CommandContext): Promise<ScrapeOutcome[]> {
  const { tiers, infoHash, timeout = 0 } = request;
  const { interruption, isQuiet, stderr } = context;
  const trackers = new Set(tiers.flat()).size;
  if (trackers === 0) throw new UsageError('there is no tracker to ask', 'Name one with --tracker URL.');
  const timeoutMs = timeout > 0 ? timeout : CONFIG.tracker.scrapeTimeoutMs;
  if (!isQuiet) stderr.line(`asking ${formatCount(trackers, 'tracker')}; gives up after ${formatLimit(timeoutMs)} (--timeout)`);
  const stop = new AbortController();
  const forgetStop = interruption.onStop(() => stop.abort());
  try {
    const outcomes = await scrapeTrackers(tiers, infoHash, {
      timeoutMs,
      signal: stop.signal,
      ...wayOut(request),
    });
    if (stop.signal.aborted) throw new ScrapeStoppedError('stopped');
    return outcomes;
  } finally {
    forgetStop();
  }
}

/** To be called when everything has been printed. Throws CommandError (network_failed). */
export function expectAnswer(outcomes: readonly ScrapeOutcome[]): void {
  if (outcomes.some((outcome) => 'counts' in outcome)) return;
  const who = outcomes.length === 1 ? 'the tracker did not answer' : `none of ${outcomes.length} trackers answered`;
  throw new CommandError('network_failed', `${who} the scrape`, 'The table says why; --tracker URL asks another.');
}
