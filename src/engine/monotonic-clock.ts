// The clock of everything that takes time or waits for a while: it goes on evenly, whatever is done to the time of day. From hrtime, which is
// there: `performance` is loaded by Node where it is first named, and every download asks for the time before it asks its tracker.

import type { Millis } from '../model/time.js';

/** Since a moment of the past, the same one for the whole life of the process. */
export function monotonicNow(): Millis {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
