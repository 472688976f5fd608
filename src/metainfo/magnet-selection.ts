// The files a magnet link asks for (BEP 53): `so=0,2,4-8`, indices from 0 in the torrent's order. Ranges stay ranges, so a huge one
// costs nothing. What can't be read is an error: to fetch other files than those asked for would be worse than to fetch none.

import { fieldError } from './fields.js';

/** Files first … last, both included. */
export interface FileRange {
  readonly first: number;
  readonly last: number;
}

const FIELD = 'magnet.so';
const MAX_RANGES = 10_000;
const MAX_FILE_INDEX = 2 ** 31 - 1;
/** Of a bad part, in a message. */
const MAX_SHOWN_CHARACTERS = 30;

function parseIndex(digits: string): number | null {
  const index = Number(digits);
  return index <= MAX_FILE_INDEX ? index : null;
}

function parseRange(part: string): FileRange {
  const match = /^([0-9]{1,10})(?:-([0-9]{1,10}))?$/.exec(part);
  const first = match === null ? null : parseIndex(match[1]);
  const last = match?.[2] === undefined ? first : parseIndex(match[2]);
  if (first === null || last === null) {
    const shown = JSON.stringify(part.slice(0, MAX_SHOWN_CHARACTERS));
    throw fieldError(FIELD, `expected file indices or ranges of them, as in 0,2,4-8, found ${shown}`);
  }
  if (last < first) throw fieldError(FIELD, `the range ${first}-${last} is reversed`);
  return { first, last };
}

/** The ranges of all `texts`, sorted, and merged where they overlap or touch. Throws MetainfoError at `magnet.so`. */
export function parseFileSelection(texts: readonly string[]): FileRange[] {
  const ranges: FileRange[] = [];
  for (const text of texts) {
    // One part more than allowed is enough to see that there are too many.
    for (const part of text.split(',', MAX_RANGES + 1)) {
      if (ranges.length === MAX_RANGES) throw fieldError(FIELD, `more than ${MAX_RANGES} ranges`);
      ranges.push(parseRange(part));
    }
  }
  ranges.sort((a, b) => a.first - b.first);
  const merged: FileRange[] = [];
  for (const range of ranges) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1) merged.push(range);
    else merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return merged;
}
