// Who a process is beyond its number: numbers are used again, so a lock also keeps when its owner started (in ticks
// since boot), and a resume file the boot in which it was written. A lock in a network folder says too which machine and boot its
// process number is of. Linux tells all of it; elsewhere it is null.

import fs from 'node:fs';
import { sha1 } from '../hash/digest.js';
import { toHex } from '../model/ids.js';

/** The id of this boot of the machine, or null where the system does not tell. */
export function readBootId(): string | null {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return null;
  }
}

/**
 * The id of this installation, which stays from boot to boot; null where the system does not tell. Machines made from one image may share it.
 * A digest of it: machine-id(5) wants the id itself kept from others, and this one lies in folders that are shared.
 */
export function readMachineId(): string | null {
  let text: string;
  try {
    text = fs.readFileSync('/etc/machine-id', 'latin1').trim();
  } catch {
    return null;
  }
  if (!/^[0-9a-f]{32}$/.test(text)) return null;
  return toHex(sha1(new TextEncoder().encode(`effusion lock ${text}`))).slice(0, 16);
}

/** Where this process's number is a number: another container counts its own. Null where the system does not tell. */
export function readPidNamespace(): string | null {
  try {
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

interface ProcessStatus {
  readonly startTicks: string;
  readonly isZombie: boolean;
}

function readStatus(pid: number): ProcessStatus | null {
  let text: string;
  try {
    text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const startTicks = fields[19];
  if (startTicks === undefined) return null;
  return { startTicks, isZombie: fields[0] === 'Z' || fields[0] === 'X' };
}

/** When the process started, in clock ticks since boot (proc(5), field 22); null where unknown. */
export function readStartTicks(pid: number): string | null {
  return readStatus(pid)?.startTicks ?? null;
}

/** Whether the process that had this number and start still runs. One that was killed but not yet reaped does not. */
export function isSameProcessAlive(pid: number, startTicks: string | null): boolean {
  const status = readStatus(pid);
  if (status !== null) return !status.isZombie && (startTicks === null || status.startTicks === startTicks);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
