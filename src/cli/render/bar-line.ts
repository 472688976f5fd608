// One line of a download for a terminal of any width: name, bar, percent, done of total, speed, time left, peers. What
// doesn't fit is left out, the least telling first; the line is never wider than the terminal less one column (a
// character in the last one makes some terminals wrap).

import type { Style } from './color-level.js';
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
import type { Progress } from './progress.js';
import { truncateToWidth, type WidthOf } from './text-width.js';

export interface BarLook {
  readonly style: Style;
  readonly widthOf: WidthOf;
  /** False where the locale is not UTF-8: the bar is made of ASCII. */
  readonly isUnicode: boolean;
}

/** Columns of the widest among bars that stand below each other. */
export interface BarAlignment {
  readonly nameWidth: number;
  /** Of `500 of 1000 B`. */
  readonly amountWidth: number;
}

const ALONE: BarAlignment = { nameWidth: 0, amountWidth: 0 };

const MIN_BAR = 8;
const MAX_BAR = 60;
const MIN_NAME = 8;
const MAX_NAME = 48;
/** From here on two spaces stand between the numbers. */
const ROOMY_COLUMNS = 100;

const UNICODE_CELLS = { solid: '█', shaded: '▒', empty: '░' };
const ASCII_CELLS = { solid: '#', shaded: '-', empty: '.' };

/** Exactly `cells` wide: solid, at most one shaded where the progress ends within a cell, empty. */
export function formatBar(done: number, total: number, cells: number, isUnicode: boolean): string {
  const { solid, shaded, empty } = isUnicode ? UNICODE_CELLS : ASCII_CELLS;
  const share = total === 0 ? 1 : Math.min(1, Math.max(0, done / total));
  const full = Math.floor(share * cells + 1e-9);
  const hasPart = full < cells && share * cells - full > 1e-9;
  return solid.repeat(full) + (hasPart ? shaded : '') + empty.repeat(cells - full - (hasPart ? 1 : 0));
}

interface Field {
  readonly text: string;
  /** The higher, the sooner it is left out. */
  readonly rank: number;
  readonly paint: (text: string) => string;
}

export function formatBarLine(progress: Progress, columns: number, look: BarLook, alignment = ALONE): string {
  const { style, widthOf } = look;
  const width = Math.max(1, columns - 1);
  const fields = fieldsOf(progress, style, alignment.amountWidth);
  const gap = columns < ROOMY_COLUMNS ? 1 : 2;
  const shown = chooseFields(fields, width, gap);
  const room = width - widthOfFields(shown, gap);
  if (room < MIN_BAR + 1 + MIN_NAME) {
    // So narrow that only the numbers are left.
    return truncateToWidth(shown.map((field) => field.text).join(' '), width, widthOf);
  }
  // The name takes what it needs of two fifths, the bar the rest.
  const nameRoom = Math.min(MAX_NAME, Math.max(MIN_NAME, Math.floor((room - 1) * 0.4), room - 1 - MAX_BAR));
  const nameWidth = Math.min(nameRoom, room - 1 - MIN_BAR);
  const name = truncateToWidth(progress.name, nameWidth, widthOf);
  const pad = Math.max(0, Math.min(alignment.nameWidth, nameWidth) - widthOf(name));
  const bar = Math.min(MAX_BAR, room - 1 - widthOf(name) - pad);
  const cells = formatBar(progress.doneBytes, progress.totalBytes, bar, look.isUnicode);
  const isDone = progress.doneBytes >= progress.totalBytes;
  const parts = shown.map((field) => ' '.repeat(gap) + field.paint(field.text)).join('');
  return `${style.strong(name)}${' '.repeat(pad)} ${isDone ? style.success(cells) : style.accent(cells)}${parts}`;
}

/** In the order of the line; padded, so that a bar doesn't dance with its numbers. */
function fieldsOf(progress: Progress, style: Style, leastAmountWidth: number): Field[] {
  const { doneBytes, totalBytes } = progress;
  const plain = (text: string): string => text;
  const amount = formatProgressBytes(doneBytes, totalBytes);
  // Done is written in the unit of the total, so it is never wider than that.
  const amountWidth = Math.max(leastAmountWidth, formatProgressBytes(totalBytes, totalBytes).length);
  const isPaused = progress.isPaused === true;
  return [
    { text: formatPercent(doneBytes, totalBytes).padStart(6), rank: 0, paint: style.strong },
    { text: amount.padStart(amountWidth), rank: 3, paint: plain },
    {
      text: (isPaused ? 'paused' : formatRate(progress.downloadBytesPerSecond)).padStart(11),
      rank: 1,
      paint: isPaused ? style.strong : plain,
    },
    // Of the speed that it had a clock would go on counting.
    { text: `ETA ${formatClock(isPaused ? null : progress.timeLeftMs).padStart(5)}`, rank: 2, paint: plain },
    { text: formatSources(progress.peers, progress.webSeeds).padStart(7), rank: 4, paint: style.faint },
  ];
}

/** All of them, or without those that leave too little for name and bar. */
function chooseFields(fields: readonly Field[], width: number, gap: number): Field[] {
  for (let rank = fields.length - 1; rank > 0; rank--) {
    const shown = fields.filter((field) => field.rank <= rank);
    if (width - widthOfFields(shown, gap) >= MIN_NAME + 1 + MIN_BAR) return shown;
  }
  return fields.filter((field) => field.rank === 0);
}

function widthOfFields(fields: readonly Field[], gap: number): number {
  return fields.reduce((sum, field) => sum + gap + field.text.length, 0);
}

/** What the spinner says in the short phases before the bar. */
export function formatPhase(progress: Progress): string {
  if (progress.phase === 'metadata') return `fetching metadata: ${formatCount(progress.peers, 'peer')}`;
  if (progress.phase === 'looking') return `looking for peers: ${progress.found ?? ''}`;
  if (progress.phase === 'listing') return `looking for files: ${progress.found ?? ''}`;
  if (progress.phase === 'checking') {
    return `checking data: ${formatPercent(progress.checkedBytes, progress.totalBytes, 0)} of ${formatBytes(progress.totalBytes)}`;
  }
  if (progress.phase === 'allocating') {
    return `allocating: ${formatPercent(progress.checkedBytes, progress.totalBytes, 0)} of ${formatBytes(progress.totalBytes)}`;
  }
  if (progress.phase === 'announcing') return 'asking trackers and peers';
  if (progress.phase === 'downloading') return 'downloading';
  if (progress.isPaused === true)
    return `paused: ${formatCount(progress.peers, 'peer')}, ${formatBytes(progress.uploadedBytes)} sent`;
  const sent = `${formatBytes(progress.uploadedBytes)} sent, ${formatRate(progress.uploadBytesPerSecond)}`;
  const place = progress.reachableAt === undefined ? '' : `, reachable as ${progress.reachableAt}`;
  return `seeding: ${formatCount(progress.peers, 'peer')}, ${sent}${formatRatio(progress.ratio)}${place}`;
}
