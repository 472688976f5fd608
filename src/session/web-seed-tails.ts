// What lies far ahead in the runs of web seeds: pieces that are claimed and not begun. Whoever is idle takes from there, a peer a piece, another
// link half of it: the stream is then simply not read so far.

import type { PieceIndex } from '../model/ids.js';
import type { SessionState } from './session-state.js';
import type { WebSeedLink } from './web-seed.js';

/** The pieces at the far end of a run, consecutive and claimed by it, not begun, that `accepts` takes. */
function tailOf(
  state: SessionState,
  link: WebSeedLink,
  accepts: (piece: PieceIndex) => boolean = () => true,
): { start: number; end: number } {
  const run = link.run;
  if (run === null) return { start: 0, end: 0 };
  let start = run.end;
  const isTail = (piece: PieceIndex): boolean => state.tracker.claimantOf(piece) === link.key && accepts(piece);
  while (start > run.first && isTail((start - 1) as PieceIndex)) start--;
  if (run.waitingFor === start) start++;
  return { start, end: run.end };
}

/** `accepts`: that whoever is to get of it may have. */
export function longestTail(
  state: SessionState,
  accepts: (piece: PieceIndex) => boolean,
): { link: WebSeedLink; start: number; end: number } | null {
  let longest: { link: WebSeedLink; start: number; end: number } | null = null;
  for (const link of state.webSeeds.links()) {
    const { start, end } = tailOf(state, link, accepts);
    if (end > start && (longest === null || end - start > longest.end - longest.start)) longest = { link, start, end };
  }
  return longest;
}

/** For a peer that has nothing else to do: the last piece of the longest run that it has and `accepts`, free again. */
export function takeFromRun(state: SessionState, accepts: (piece: PieceIndex) => boolean): PieceIndex | null {
  let longest: WebSeedLink | null = null;
  let length = 0;
  for (const link of state.webSeeds.links()) {
    const { start, end } = tailOf(state, link);
    if (end - start <= length || !accepts((end - 1) as PieceIndex)) continue;
    longest = link;
    length = end - start;
  }
  const run = longest?.run ?? null;
  if (run === null) return null;
  const piece = (run.end - 1) as PieceIndex;
  state.tracker.unclaim(piece);
  run.end = piece;
  return piece;
}
