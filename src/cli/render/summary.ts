// The last line of a download: where it is, how large, how long it took, how fast it came. One line, since it ends up in
// logs as often as before eyes.

import prettyMs from 'pretty-ms';
import { formatBytes, formatCount, formatRate } from './human-numbers.js';
import { sanitise } from './sanitise.js';

export interface SummaryFacts {
  /** Of the file or folder. */
  readonly path: string;
  readonly totalBytes: number;
  /** Payload that came over the network. */
  readonly downloadedBytes: number;
  readonly elapsedMs: number;
  readonly isAlreadyComplete: boolean;
}

const MAX_PATH = 1000;
/** What came is told apart from the size where it is another one by more than this share of it. */
const NOTEWORTHY = 0.05;

export function formatSummary(facts: SummaryFacts): string {
  const shown = sanitise(facts.path, MAX_PATH);
  const size = formatBytes(facts.totalBytes);
  if (facts.isAlreadyComplete) return `already complete: ${shown} (${size})`;
  const whole = `done: ${shown}, ${size} in ${prettyMs(Math.max(1, facts.elapsedMs))}`;
  if (facts.downloadedBytes === 0) return `${whole}, nothing had to be fetched`;
  const speed = facts.elapsedMs > 0 ? (facts.downloadedBytes * 1000) / facts.elapsedMs : 0;
  const isOther = Math.abs(facts.downloadedBytes - facts.totalBytes) > facts.totalBytes * NOTEWORTHY;
  const fetched = isOther ? `${formatBytes(facts.downloadedBytes)} fetched, ` : '';
  return `${whole}, ${fetched}${formatRate(speed)} on average`;
}

export interface TotalFacts {
  readonly total: number;
  readonly done: number;
  readonly downloadedBytes: number;
  readonly elapsedMs: number;
}

/** The last line of a run of several torrents that did not fail: all are there, or it was stopped. */
export function formatTotal({ total, done, downloadedBytes, elapsedMs }: TotalFacts): string {
  if (done < total) return `stopped: ${done} of ${formatCount(total, 'torrent')} done. Run the same command again to go on.`;
  return `done: ${formatCount(total, 'torrent')}, ${formatBytes(downloadedBytes)} came in ${prettyMs(Math.max(1, elapsedMs))}`;
}
