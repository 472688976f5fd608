// V8's own threads optimise code and help to collect garbage. As many as four of them begin in the first second of a download, when the
// loop, the peers on this machine and they want the same cores, and what they make pays off later than that. So each of them has a third
// of the loop's share where there is not enough for all. Not less: a collection that one of them has begun waits for its end.

import { readdirSync, readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Steps of `nice`, each a quarter more or less: five are a third. At 19 the collector waits for seconds beside two busy processes. */
const STEPS = 5;
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
    const priority = Math.min(LOWEST, getPriority() + STEPS);
    for (const thread of readdirSync('/proc/self/task')) {
      if (Number(thread) !== process.pid) setPriority(Number(thread), priority);
    }
  } catch {
    // No /proc, or a thread that is gone: they share as they did.
  }
}
