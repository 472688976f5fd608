// Whether the terminal is ours: a process in the background is stopped by the system when it changes the terminal or reads from it.
// Asked anew whenever the process goes on after a stop, as a shell's `bg` and `fg` change it.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How long `ps` may take. */
const PS_TIMEOUT_MS = 1000;

/** False where that can't be found out: then nothing of the terminal is touched. */
export function isInForeground(): boolean {
  if (process.platform === 'win32') return true;
  const groups = groupsOfProc() ?? groupsOfPs();
  return groups !== null && isForegroundGroup(groups);
}

/** `/proc/self/stat` (proc(5)): the process group and the terminal's foreground group, behind the name, which may hold anything. */
export function parseProcStat(stat: string): readonly number[] | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const groups = [Number(fields[2]), Number(fields[5])];
  return groups.every((group) => Number.isSafeInteger(group)) ? groups : null;
}

function groupsOfProc(): readonly number[] | null {
  try {
    return parseProcStat(readFileSync('/proc/self/stat', 'utf8'));
  } catch {
    return null;
  }
}

function groupsOfPs(): readonly number[] | null {
  try {
    const text = execFileSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], {
      encoding: 'utf8',
      timeout: PS_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim().split(/\s+/).map(Number);
  } catch {
    return null;
  }
}

function isForegroundGroup([own, foreground]: readonly number[]): boolean {
  return own > 0 && own === foreground;
}
