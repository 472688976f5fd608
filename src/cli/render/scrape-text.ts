// What trackers said of a swarm (BEP 48), as a table for people and as values for `--json`. URLs and messages come without secrets, and
// are made safe for the terminal here.

import type { ScrapeOutcome } from '../../engine/tracker-scrape.js';
import { formatCount } from './human-numbers.js';
import { sanitise } from './sanitise.js';
import type { Style } from './color-level.js';

const HEAD = ['seeds', 'leechers', 'completed', 'latency'];

/** A stable shape: numbers are null where the tracker gave none. */
export interface ScrapeJson {
  readonly url: string;
  readonly seeds: number | null;
  readonly leechers: number | null;
  readonly completed: number | null;
  readonly latencyMs: number;
  /** Null where it answered. */
  readonly error: string | null;
  /** Stable; null with it. */
  readonly errorCode: string | null;
}

export function toScrapeJson(outcomes: readonly ScrapeOutcome[]): ScrapeJson[] {
  return outcomes.map((outcome) => ({
    url: outcome.url,
    ...('counts' in outcome ? outcome.counts : { seeds: null, leechers: null, completed: null }),
    latencyMs: Math.round(outcome.latencyMs),
    error: 'error' in outcome ? outcome.error.message : null,
    errorCode: 'error' in outcome ? outcome.error.code : null,
  }));
}

/** Lines without line feeds: a head, then one for each tracker. */
export function formatScrape(outcomes: readonly ScrapeOutcome[], style: Style): string[] {
  const rows = toScrapeJson(outcomes).map(({ seeds, leechers, completed, latencyMs, error, url }) => ({
    cells: [...[seeds, leechers, completed].map((number) => String(number ?? '-')), error === null ? `${latencyMs} ms` : '-'],
    text: error === null ? sanitise(url) : `${sanitise(url)}: ${sanitise(error)}`,
  }));
  const widths = HEAD.map((name, column) => Math.max(name.length, ...rows.map(({ cells }) => cells[column].length)));
  const line = (cells: readonly string[], text: string): string =>
    `  ${cells.map((cell, column) => cell.padStart(widths[column])).join('  ')}  ${text}`;
  const noun = outcomes.some(({ url }) => url === 'DHT') ? 'source' : 'tracker';
  const answered = outcomes.filter((outcome) => 'counts' in outcome).length;
  return [
    `${style.faint('scrape'.padEnd(12))}${answered} of ${formatCount(outcomes.length, noun)} answered`,
    style.faint(line(HEAD, noun)),
    ...rows.map(({ cells, text }) => line(cells, text)),
  ];
}
