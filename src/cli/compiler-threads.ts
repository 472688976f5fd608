// V8's own threads optimise code and help to collect garbage. As many as four of them begin in the first second of a download, when the
// loop, the peers on this machine and they want the same cores, and what they make pays off later than that. So they have a tenth of the
// loop's share where there is not enough for all. Not less: a collection waits for what one of them has begun. And not where others keep all
// cores busy as we start: there they would hardly run, and the loop would wait for them, a fifth of the time of a fast download.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { availableParallelism, getPriority, setPriority } from 'node:os';

/** Steps of `nice`, each a quarter more or less: ten are a tenth. At 19 a download beside two busy processes takes twice as long. */
const STEPS = 10;
const LOWEST = 19;

/**
 * On Linux, where a thread has a priority of its own; elsewhere nothing. To be called before there are threads of ours. (In a checkout that is
 * not built those of tsx are there, which are held back with them.)
 */
export function yieldToLoop(): void {
  if (process.platform !== 'linux') return;
  try {
    // A /proc of another namespace numbers the threads otherwise: those numbers may be somebody else's here.
    if (readlinkSync('/proc/self') !== String(process.pid)) return;
    if (othersRunning(readFileSync('/proc/loadavg', 'latin1')) >= availableParallelism()) return;
    const priority = Math.min(LOWEST, getPriority() + STEPS);
    for (const thread of readdirSync('/proc/self/task')) {
      if (Number(thread) !== process.pid) setPriority(Number(thread), priority);
    }
  } catch {
    // No /proc, or a thread that is gone: they share as they did.
  }
}

/** Threads of the machine that run or could, this one left out, of the text of /proc/loadavg: its fourth field is "RUNNING/ALL". NaN for another text. */
export function othersRunning(loadavg: string): number {
  return Number.parseInt(loadavg.split(' ')[3] ?? '', 10) - 1;
}
