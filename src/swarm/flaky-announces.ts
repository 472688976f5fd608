// Which announces a flaky tracker fails, and how: every second one of those who still want something, the first of them included, by
// turns that a seed decides. Seeders are answered always: a swarm that nobody finds tests nothing.

import type { Random } from '../model/random.js';
import type { ParsedAnnounce } from './announce-query.js';

/** `no-answer`: the client waits until it gives up. */
export type AnnounceFailure = 'status-500' | 'failure-reason' | 'no-answer';

const FAILURES: readonly AnnounceFailure[] = ['status-500', 'failure-reason', 'no-answer'];

/** To be asked once for each announce, in their order; null: it is to be answered. */
export function flakyAnnounces(random: Random): (announce: Pick<ParsedAnnounce, 'left' | 'event'>) => AnnounceFailure | null {
  let isNextBad = true;
  return ({ left, event }) => {
    // Nobody repeats the announce of an end.
    if (left === 0 || event === 'completed' || event === 'stopped') return null;
    const isBad = isNextBad;
    isNextBad = !isBad;
    return isBad ? FAILURES[random.below(FAILURES.length)] : null;
  };
}
