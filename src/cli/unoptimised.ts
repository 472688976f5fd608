// Work that is done once, in some milliseconds, as the reading of a torrent of thousands of files at the start. V8 would give its loops to
// the optimiser, whose threads then take the cores that the start itself waits for, for code that comes when all is done: of two cores,
// a tenth of the time until the tracker is asked. The flag is one of V8's own, and known of the V8 in Node 20 only.

import { setFlagsFromString } from 'node:v8';

/** Bytes of bytecode that a function runs until V8 looks at it: what V8 has it at, and what a list of torrents comes to but one of them does not. */
const USUAL_BUDGET = 67_584;
const LARGE_BUDGET = 1_000_000;

const isKnown = process.versions.v8.startsWith('11.3.');

/** What `work` gives or throws. It is not to load modules: V8 refuses compiled code that was kept under other flags. */
export function unoptimised<T>(work: () => T): T {
  if (!isKnown) return work();
  setFlagsFromString(`--interrupt-budget=${LARGE_BUDGET}`);
  try {
    return work();
  } finally {
    setFlagsFromString(`--interrupt-budget=${USUAL_BUDGET}`);
  }
}
