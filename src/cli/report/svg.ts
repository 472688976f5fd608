// The two drawings of a report, as SVG text: speed over time, and the map of the pieces as it filled. Static and without any script: what
// there is to say stands in titles, which browsers show under the pointer and screen readers read.

import prettyMs from 'pretty-ms';
import { formatBytes, formatRate } from '../render/human-numbers.js';
import type { SpeedSample } from './recorder.js';

const WIDTH = 960;
const HEIGHT = 220;
const LEFT = 76;
const TOP = 12;
const BOTTOM = 24;
/** Nothing below it is told apart: an axis of single bytes would say 1 B/s on several lines. */
const LEAST_TOP = 1024;
/** Of the time axis, in milliseconds: the first step that leaves so many marks or fewer. */
const TIME_STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400].map(
  (seconds) => seconds * 1000,
);
const MAX_TIME_MARKS = 7;
/** Kept free for the end's own mark. */
const END_ROOM = 64;

/** Of the map: where there are more pieces they share cells. */
export const MAX_CELLS = 2400;
const CELL = 10;
const CELLS_A_ROW = Math.floor(WIDTH / CELL);

/** Text within markup, attributes included. */
export function escapeMarkup(text: string): string {
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (character) => named[character]);
}

export function drawSpeed(samples: readonly SpeedSample[], elapsedMs: number): string {
  const peak = Math.max(0, ...samples.map((sample) => Math.max(sample.downloadBytesPerSecond, sample.uploadBytesPerSecond)));
  const { top, steps } = niceAxis(peak);
  const x = (atMs: number): number => LEFT + (elapsedMs <= 0 ? 0 : (atMs / elapsedMs) * (WIDTH - LEFT));
  const y = (rate: number): number => TOP + (HEIGHT - BOTTOM - TOP) * (1 - rate / top);
  const line = (rateOf: (sample: SpeedSample) => number): string => {
    const points = samples.map((sample) => `${round(x(sample.atMs))},${round(y(rateOf(sample)))}`);
    const first = samples.length === 0 ? [] : [`${LEFT},${round(y(rateOf(samples[0])))}`];
    return [...first, ...points].join(' ');
  };
  const download = line((sample) => sample.downloadBytesPerSecond);
  const grid = Array.from({ length: steps + 1 }, (_, at) => {
    const rate = (top * at) / steps;
    const height = round(y(rate));
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${height}" y2="${height}"/><text x="${LEFT - 6}" y="${round(height + 4)}" text-anchor="end">${escapeMarkup(formatRate(rate))}</text>`;
  });
  const ground = HEIGHT - BOTTOM;
  const marks = timeMarks(elapsedMs).map((atMs) => {
    const at = round(x(atMs));
    return `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${ground}"/><text x="${at}" y="${HEIGHT - 6}" text-anchor="middle">${escapeMarkup(prettyMs(atMs))}</text>`;
  });
  const isSending = samples.some((sample) => sample.uploadBytesPerSecond > 0);
  const upload = `<polyline class="up" points="${line((sample) => sample.uploadBytesPerSecond)}"><title>sent</title></polyline>`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Speed over time: at most ${escapeMarkup(formatRate(peak))}">`,
    ...grid,
    ...marks,
    `<polygon class="down" points="${LEFT},${ground} ${download} ${WIDTH},${ground}"><title>received</title></polygon>`,
    ...(isSending ? [upload] : []),
    `<text x="${LEFT}" y="${HEIGHT - 6}">0</text>`,
    `<text x="${WIDTH}" y="${HEIGHT - 6}" text-anchor="end">${escapeMarkup(prettyMs(elapsedMs))}</text>`,
    '</svg>',
  ].join('\n');
}

/** Early pieces are light, late ones dark; those that were there before, and those that never came, have colours of their own. */
export function drawPieces(times: Float64Array, elapsedMs: number, pieceBytes: number): string {
  const cells = Math.min(times.length, MAX_CELLS);
  const rows = Math.max(1, Math.ceil(cells / CELLS_A_ROW));
  const marks: string[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const first = Math.ceil((cell * times.length) / cells);
    const end = Math.ceil(((cell + 1) * times.length) / cells);
    const [x, y] = [(cell % CELLS_A_ROW) * CELL, Math.floor(cell / CELLS_A_ROW) * CELL];
    const { look, words } = describeCell(times.subarray(first, end), elapsedMs);
    const name = end - first === 1 ? `piece ${first}` : `pieces ${first} to ${end - 1}`;
    marks.push(
      `<rect x="${x}" y="${y}" width="${CELL - 1}" height="${CELL - 1}" ${look}><title>${name}: ${words}</title></rect>`,
    );
  }
  const label = `${times.length} pieces of ${formatBytes(pieceBytes)}`;
  return [`<svg viewBox="0 0 ${WIDTH} ${rows * CELL}" role="img" aria-label="${escapeMarkup(label)}">`, ...marks, '</svg>'].join(
    '\n',
  );
}

function describeCell(times: Float64Array, elapsedMs: number): { look: string; words: string } {
  let missing = 0;
  let latest = 0;
  for (const time of times) {
    if (Number.isNaN(time)) missing++;
    else latest = Math.max(latest, time);
  }
  if (missing === times.length) return { look: 'class="missing"', words: 'never came' };
  if (missing > 0) return { look: 'class="partly"', words: `${missing} of ${times.length} never came` };
  if (latest === 0) return { look: 'class="before"', words: 'was there before' };
  const share = elapsedMs <= 0 ? 1 : Math.min(1, latest / elapsedMs);
  return { look: `class="came" fill-opacity="${round(0.25 + 0.75 * share)}"`, words: `after ${prettyMs(latest)}` };
}

/** Marks between the start and the end, round times, with room for that of the end. */
function timeMarks(elapsedMs: number): number[] {
  const day = TIME_STEPS[TIME_STEPS.length - 1];
  const step =
    TIME_STEPS.find((candidate) => elapsedMs / candidate <= MAX_TIME_MARKS) ?? day * Math.ceil(elapsedMs / day / MAX_TIME_MARKS);
  const last = elapsedMs * (1 - END_ROOM / (WIDTH - LEFT));
  return Array.from({ length: Math.max(0, Math.floor(last / step)) }, (_, at) => (at + 1) * step);
}

/** The next round number above it, in its unit (800 KiB/s, and then 1 MiB/s), and in how many steps it is reached. */
function niceAxis(peak: number): { top: number; steps: number } {
  for (let unit = LEAST_TOP; ; unit *= 1024) {
    for (const power of [1, 10, 100]) {
      for (const factor of [1, 2, 3, 4, 6, 8]) {
        const top = factor * power * unit;
        if (top >= peak) return { top, steps: factor % 3 === 0 ? 3 : 4 };
      }
    }
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
