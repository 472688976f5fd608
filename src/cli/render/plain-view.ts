// Progress for what is no terminal (a log of CI, a pipe, TERM=dumb): whole lines, without escapes or carriage returns, one
// at every 10% or 10 s, whichever comes first, and none where nothing changed.

import { CONFIG } from '../../engine/config.js';
import type { Output } from '../output.js';
import {
  formatBytes,
  formatClock,
  formatCount,
  formatPercent,
  formatProgressBytes,
  formatRate,
  formatRatio,
  formatSources,
} from './human-numbers.js';
import type { Progress, ProgressView } from './progress.js';

const STEP = 0.1;

export class PlainView implements ProgressView {
  readonly #output: Pick<Output, 'line'>;
  readonly #now: () => number;
  #lastAt: number;
  #lastStep = -1;
  #lastText = '';

  /** `now`: milliseconds, monotonic. */
  constructor(output: Pick<Output, 'line'>, now: () => number) {
    this.#output = output;
    this.#now = now;
    this.#lastAt = now();
  }

  update(progress: Progress): void {
    const now = this.#now();
    const sinceMs = now - this.#lastAt;
    if (progress.phase === 'seeding') {
      if (sinceMs >= CONFIG.cli.seedLineIntervalMs) this.#say(`${progress.name}: ${formatSeeding(progress)}`, now);
      return;
    }
    const share = progress.totalBytes === 0 ? 1 : progress.doneBytes / progress.totalBytes;
    const step = Math.floor(share / STEP + 1e-9);
    // What was there at the start is no step; and the end has its own line. Of metadata there are no tenths.
    if (this.#lastStep < 0 && progress.phase !== 'metadata') this.#lastStep = step;
    const isStep = progress.phase === 'downloading' && step > this.#lastStep && step < 1 / STEP;
    if (isStep || sinceMs >= CONFIG.cli.lineIntervalMs) {
      if (progress.phase !== 'metadata') this.#lastStep = Math.max(step, this.#lastStep);
      this.#say(`${progress.name}: ${formatState(progress)}`, now);
    }
  }

  log(line: string): void {
    this.#output.line(line);
  }

  close(): void {}

  #say(text: string, now: number): void {
    this.#lastAt = now;
    if (text === this.#lastText) return;
    this.#lastText = text;
    this.#output.line(text);
  }
}

function formatState(progress: Progress): string {
  const { doneBytes, totalBytes } = progress;
  if (progress.phase === 'metadata') return `fetching metadata, ${formatCount(progress.peers, 'peer')}`;
  if (progress.phase === 'looking') return `looking for peers, ${progress.found ?? ''}`;
  if (progress.phase === 'listing') return `looking for files, ${progress.found ?? ''}`;
  if (progress.phase === 'checking') return `checking data, ${formatPercent(progress.checkedBytes, totalBytes, 0)}`;
  if (progress.phase === 'allocating') return `allocating, ${formatPercent(progress.checkedBytes, totalBytes, 0)}`;
  const parts = [
    `${formatPercent(doneBytes, totalBytes, 0)}, ${formatProgressBytes(doneBytes, totalBytes)}`,
    formatRate(progress.downloadBytesPerSecond),
    ...(progress.timeLeftMs === null ? [] : [`${formatClock(progress.timeLeftMs)} left`]),
    formatSources(progress.peers, progress.webSeeds),
  ];
  return parts.join(', ');
}

function formatSeeding(progress: Progress): string {
  const rate = formatRate(progress.uploadBytesPerSecond);
  const { reachableAt } = progress;
  const place = reachableAt === undefined ? '' : `, reachable as ${reachableAt}`;
  return `seeding, ${formatBytes(progress.uploadedBytes)} sent${formatRatio(progress.ratio)}, ${rate}, ${formatCount(progress.peers, 'peer')}${place}`;
}
