// V8's own threads optimise code and help to collect garbage. As many as four of them begin in the first second of a download, when the
// loop, the peers on this machine and they want the same cores, and what they make pays off later than that. So they have a tenth of the
// loop's share where there is not enough for all. Not less: a collection waits for what one of them has begun. And not where others keep all
// cores busy as we start: there they would hardly run, and the loop would wait for them, up to a fifth of the time of a fast download.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { availableParallelism, getPriority, setPriority } from 'node:os';

/** Steps of `nice`, each a quarter more or less: ten are a tenth. At 19 a download beside two busy processes takes up to twice as long. */
const STEPS = 10;
const LOWEST = 19;

/**
 * Threads of the machine that run or could, but for the one that asks: V8's, where they are at work, and those of everybody else, in a container
 * the host's too. NaN where the system does not say it.
 */
export function othersRunning(): number {
  if (process.platform !== 'linux') return Number.NaN;
  try {
    // "0.10 0.20 0.30 RUNNING/ALL LAST"
    return Number.parseInt(readFileSync('/proc/loadavg', 'latin1').split(' ')[3] ?? '', 10) - 1;
  } catch {
    return Number.NaN;
  }
}

/**
 * On Linux, where a thread has a priority of its own; elsewhere nothing. `earlier`: what `othersRunning` said some milliseconds before, as only
 * who runs then and now is busy. To be called before there are threads of ours. (In a checkout that is not built those of tsx are there, which
 * are held back with them.)
 */
export function yieldToLoop(earlier: number): void {
  const isFree = Math.min(earlier, othersRunning()) < availableParallelism();
  if (!isFree) return;
  try {
    // A /proc of another namespace numbers the threads otherwise: those numbers may be somebody else's here.
    if (readlinkSync('/proc/self') !== String(process.pid)) return;
    const priority = Math.min(LOWEST, getPriority() + STEPS);
    for (const thread of readdirSync('/proc/self/task')) {
      if (Number(thread) !== process.pid) setPriority(Number(thread), priority);
    }
  } catch {
    // A thread that is gone: the others share as they did.
  }
}
