// Which options may have been meant by one that there is none of: by slips of the keyboard, and by their beginning or end, as in --stall for
// --stall-timeout. Only what stands apart from other options counts: all of them begin with dashes, and many with `--no-`.

import { countSlips } from './edit-distance.js';

const MAX_SUGGESTED = 4;
/** Letters that are enough to say how an option begins or ends. */
const MIN_PART = 3;

/** Of `options`, with their dashes as `name`; the best first, none where nothing is near. */
export function suggestOptions(name: string, options: readonly string[]): string[] {
  const isNegative = name.startsWith('--no-');
  // The opposite of what was meant is no help.
  const long = [...new Set(options)].filter((option) => option.startsWith(isNegative ? '--no-' : '--'));
  const core = name.replace(/^--(?:no-)?/, '');
  const limit = Math.min(3, Math.max(1, Math.floor(core.length / 3)));
  const slips = new Map(long.map((option) => [option, countSlips(name.toLowerCase(), option, limit)]));
  const fewest = Math.min(...slips.values());
  if (fewest <= limit) return long.filter((option) => slips.get(option) === fewest).slice(0, 1);
  if (core.length < MIN_PART) return [];
  const beginning = long.filter((option) => option.startsWith(name));
  if (beginning.length > 0) return beginning.slice(0, MAX_SUGGESTED);
  const within = long.filter((option) => name.startsWith(`${option}-`)).toSorted((a, b) => b.length - a.length);
  if (within.length > 0) return within.slice(0, 1);
  return long.filter((option) => option.endsWith(`-${core}`)).slice(0, MAX_SUGGESTED);
}

/** `Did you mean --a, --b or --c?`; empty where there is none. */
export function didYouMean(suggestions: readonly string[]): string {
  if (suggestions.length === 0) return '';
  const others = suggestions.slice(0, -1);
  const last = suggestions[suggestions.length - 1];
  return `Did you mean ${others.length === 0 ? '' : `${others.join(', ')} or `}${last}?`;
}
