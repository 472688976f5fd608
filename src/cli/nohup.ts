// Whether this process was started to outlive its terminal. `nohup` says so by ignoring SIGHUP before it starts us, but Node
// puts every signal back to its default before any of our code runs: what is left are the traces that nohup leaves elsewhere.

import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * True where the shell noted `nohup` as the command it started (`_`, of bash and zsh), or where our parent ignores SIGHUP
 * itself (a script under nohup): what it starts is meant to ignore it too. `parentStatus` is its /proc/PID/status, or empty.
 */
export function isUnderNohup(environment: Readonly<Record<string, string | undefined>>, parentStatus: string): boolean {
  if (path.basename(environment._ ?? '') === 'nohup') return true;
  // SIGHUP is signal 1: the lowest bit of the mask.
  const lastDigit = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(parentStatus)?.[1] ?? '0';
  return Number.parseInt(lastDigit, 16) % 2 === 1;
}

/** Empty where there is none: Linux alone tells. */
export function readParentStatus(): string {
  try {
    return readFileSync(`/proc/${process.ppid}/status`, 'utf8');
  } catch {
    return '';
  }
}
