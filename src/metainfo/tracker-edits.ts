// Changes to the trackers of a torrent (BEP 3 `announce`, BEP 12 `announce-list`), in an order that does not depend on how they were asked
// for: clear, set, replace, remove, add. An `announce` that the list does not name is asked by clients without BEP 12: it stays until
// it is removed itself.

import { matchesGlob } from '../model/glob.js';

export interface TrackerEdits {
  readonly clearTrackers?: boolean;
  /** All there are from now on. */
  readonly trackers?: readonly (readonly string[])[];
  /** `from`: a whole URL, or a pattern with `*`. */
  readonly replaceTrackers?: readonly { readonly from: string; readonly to: string }[];
  readonly removeTrackers?: readonly string[];
  /** Behind those that are there; one that is there already is not added. */
  readonly addTrackers?: readonly (readonly string[])[];
}

export interface TrackerList {
  /** Empty: none. */
  readonly announce: string;
  readonly tiers: readonly (readonly string[])[];
}

function withoutDoubles(tiers: readonly (readonly string[])[]): string[][] {
  const seen = new Set<string>();
  const isNew = (url: string): boolean => url !== '' && !seen.has(url) && seen.add(url) !== undefined;
  return tiers.map((tier) => tier.filter(isNew)).filter((tier) => tier.length > 0);
}

/** `unmatched`: patterns that matched no tracker, as they were given. */
export function editTrackers(before: TrackerList, edits: TrackerEdits): TrackerList & { readonly unmatched: readonly string[] } {
  const { clearTrackers, trackers, replaceTrackers = [], removeTrackers = [], addTrackers = [] } = edits;
  const isReset = clearTrackers === true || trackers !== undefined;
  let announce = isReset ? '' : before.announce;
  let tiers: readonly (readonly string[])[] = isReset ? (trackers ?? []) : before.tiers;
  const unmatched: string[] = [];
  const expectMatch = (glob: string): void => {
    if (![announce, ...tiers.flat()].some((url) => url !== '' && matchesGlob(glob, url))) unmatched.push(glob);
  };
  for (const { from, to } of replaceTrackers) {
    expectMatch(from);
    const replace = (url: string): string => (url !== '' && matchesGlob(from, url) ? to : url);
    announce = replace(announce);
    tiers = tiers.map((tier) => tier.map(replace));
  }
  for (const glob of removeTrackers) {
    expectMatch(glob);
    if (matchesGlob(glob, announce)) announce = '';
    tiers = tiers.map((tier) => tier.filter((url) => !matchesGlob(glob, url)));
  }
  if (announce !== '' && tiers.every((tier) => tier.length === 0)) tiers = [[announce]];
  const edited = withoutDoubles([...tiers, ...addTrackers]);
  return { announce: announce === '' ? (edited[0]?.[0] ?? '') : announce, tiers: edited, unmatched };
}
