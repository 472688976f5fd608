// Which files a simulated leecher chooses, of a torrent that is cut into files for it alone: pieces don't know of files, so each leecher
// may see other borders.

import type { Geometry } from '../../../src/model/geometry.js';
import { createRandom } from '../../../src/model/random.js';
import { planPieces, type PiecePlan } from '../../../src/session/piece-plan.js';

export interface ChoiceSpec {
  readonly seed: number;
  /** Of the files, about; 1: all of them. */
  readonly share: number;
  readonly isSequential: boolean;
  readonly isEdgesFirst: boolean;
  readonly hasPriorities: boolean;
}

const MAX_FILES = 12;

export function drawPlan(geometry: Geometry, { seed, share, hasPriorities, ...order }: ChoiceSpec): PiecePlan | null {
  const random = createRandom(seed);
  const { totalLength } = geometry;
  const cuts = Array.from({ length: random.below(MAX_FILES) }, () => random.below(totalLength + 1)).toSorted((a, b) => a - b);
  const borders = [0, ...cuts, totalLength];
  const files = borders.slice(1).map((end, index) => {
    return { offset: borders[index], length: end - borders[index], isPadding: random.next() < 0.1 };
  });
  const chosen = share === 1 ? null : new Set<number>();
  for (const [index, file] of files.entries()) if (!file.isPadding && random.next() < share) chosen?.add(index);
  const filled = files.findIndex((file) => file.length > 0 && !file.isPadding);
  // Who chooses nothing does not start.
  if (chosen !== null && ![...chosen].some((index) => files[index].length > 0)) {
    if (filled < 0) return null;
    chosen.add(filled);
  }
  const priorities = new Map<number, 'high' | 'low'>();
  if (hasPriorities)
    for (const index of files.keys()) if (random.next() < 0.6) priorities.set(index, random.next() < 0.5 ? 'high' : 'low');
  return planPieces({ files, geometry, chosen, priorities, ...order });
}
