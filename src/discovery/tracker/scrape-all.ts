// Every tracker of a torrent asked for its numbers (BEP 48): so many at a time, all within one span of time, and each with an end of its
// own, as lists of trackers are long and half of them dead.

import { redactText, redactUrl } from '../../model/redact-url.js';
import type { Millis } from '../../model/time.js';
import { namerOf, type TorrentOrigin } from '../../model/torrent-origin.js';
import type { AnnounceTransport } from './announce-transport.js';
import type { ScrapeCounts } from './protocol/scrape.js';
import { MAX_TRACKERS } from './protocol/tiers.js';
import { TrackerError, type TrackerErrorCode } from './protocol/tracker-error.js';

export interface ScrapeOptions {
  /** As the torrent has them (BEP 12). */
  readonly tiers: readonly (readonly string[])[];
  /** Of the torrent that names them; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly transport: AnnounceTransport;
  /** For all of them together. */
  readonly timeoutMs: number;
  /** Asked at a time. */
  readonly parallel: number;
  /** Monotonic. */
  readonly now: () => Millis;
  /** Whatever is still open then has failed. */
  readonly signal?: AbortSignal;
}

/** `url` and `message` are printable, bounded and without secrets. */
export type ScrapeOutcome = { readonly url: string; readonly latencyMs: number } & (
  | { readonly counts: ScrapeCounts }
  | { readonly error: { readonly code: TrackerErrorCode; readonly message: string } }
);

/** One for each distinct tracker, in the order of the torrent, the first 200. Never rejects. */
export async function scrapeAll(options: ScrapeOptions): Promise<ScrapeOutcome[]> {
  const { tiers, parallel, timeoutMs } = options;
  const urls = [...new Set(tiers.flat().map((url) => url.trim()))].filter((url) => url !== '').slice(0, MAX_TRACKERS);
  const outcomes: ScrapeOutcome[] = [];
  // An even share for each of those that one place serves in turn.
  const eachMs = timeoutMs / Math.max(1, Math.ceil(urls.length / parallel));
  let next = 0;
  const serve = async (): Promise<void> => {
    for (let index = next++; index < urls.length; index = next++) {
      outcomes[index] = await scrapeOne(urls[index], eachMs, options);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, urls.length) }, serve));
  return outcomes;
}

async function scrapeOne(url: string, timeoutMs: number, options: ScrapeOptions): Promise<ScrapeOutcome> {
  const { transport, infoHash, now, signal } = options;
  const namer = namerOf(options.origin, url);
  const startedAt = now();
  const end = (): { url: string; latencyMs: number } => ({ url: redactUrl(url), latencyMs: now() - startedAt });
  try {
    if (transport.scrape === undefined) throw new TrackerError('unsupported_scheme', 'is not asked in this way');
    const held = namer === null ? {} : { origin: namer };
    const call = { url, ...held, infoHash, timeoutMs, signal: signal ?? new AbortController().signal };
    return { counts: await transport.scrape(call), ...end() };
  } catch (error) {
    const known = error instanceof TrackerError ? error : new TrackerError('failed', 'the request failed');
    return { error: { code: known.code, message: redactText(known.message, url) }, ...end() };
  }
}
