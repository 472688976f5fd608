// "Did you mean …?": the nearest of a few known words to what was typed, by the number of single-letter slips
// (insert, delete, replace, swap of neighbours) that lie between them.

const MAX_SHORT = 2;

/** Slips between `a` and `b`; anything beyond `limit` is reported as limit + 1. */
export function countSlips(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      let cost = Math.min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (isSame ? 0 : 1));
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) cost = Math.min(cost, beforePrevious[column - 2] + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return Math.min(previous[b.length], limit + 1);
}

/** The nearest candidate within a third of the word's length (3 slips at most), or null. Upper and lower case count as one. */
export function findNearest(word: string, candidates: readonly string[]): string | null {
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let best: string | null = null;
  let bestSlips = limit + 1;
  for (const candidate of candidates) {
    const slips = countSlips(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (slips < bestSlips) {
      best = candidate;
      bestSlips = slips;
    }
  }
  return best;
}

/**
 * The same for names of files. What two names have in common behind their last dot says nothing: `c.txt` is no slip of `b.txt`, and of
 * so short a name only upper and lower case are.
 */
export function findNearestName(name: string, candidates: readonly string[]): string | null {
  const [stem, ending] = splitEnding(name);
  const alike = new Map<string, string>();
  const others: string[] = [];
  for (const candidate of candidates) {
    const [otherStem, otherEnding] = splitEnding(candidate);
    if (otherEnding.toLowerCase() !== ending.toLowerCase()) others.push(candidate);
    else if (stem.length > MAX_SHORT || otherStem.toLowerCase() === stem.toLowerCase()) alike.set(otherStem, candidate);
  }
  const near = findNearest(stem, [...alike.keys()]);
  return near === null ? findNearest(name, others) : (alike.get(near) ?? null);
}

function splitEnding(name: string): [stem: string, ending: string] {
  const at = name.lastIndexOf('.');
  return at <= 0 ? [name, ''] : [name.slice(0, at), name.slice(at)];
}
