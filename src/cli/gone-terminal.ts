// The end of a process whose terminal is gone (closed, or its connection lost). Node puts terminals back as they were when it exits, and aborts
// with SIGABRT, or worse, where one does not answer any more: the exit code is lost, and a core file may be left. It passes over what is closed.

import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2];

/** Of stdin, stdout and stderr those that are terminals now. */
export function standardTerminals(): number[] {
  return STANDARD.filter((fd) => isatty(fd));
}

/** Just before the exit: nothing can be written to them any more. `terminals`: those of the start. */
export function closeGoneTerminals(terminals: readonly number[]): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    try {
      closeSync(fd);
    } catch {
      // It is closed already.
    }
  }
}
