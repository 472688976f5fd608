// Who holds a lock, as the lock's file says it, and whether that process lives: known of one of this boot and container, else judged by
// when the lock was touched last. A host's name says little: machines made from one image share it, and a folder over the network. Nothing in
// the file is trusted further than that.

import { hostname, uptime } from 'node:os';
import type { Disk } from './disk.js';
import { isSameProcessAlive, readBootId, readMachineId, readPidNamespace, readStartTicks } from './process-identity.js';

/** Where a process number means something: each of the ids null where it is unknown, as in locks of older versions. */
interface SystemIdentity {
  readonly host: string;
  /** Stays when the machine is started again; copies of a machine may share it. */
  readonly machineId: string | null;
  readonly bootId: string | null;
  /** Of process numbers: containers of one machine share its boot. */
  readonly pidNamespace: string | null;
}

export interface LockOwner extends SystemIdentity {
  readonly pid: number;
  readonly startTicks: string | null;
  readonly startedAt: string;
  readonly command: string;
  /** Digests (`nameDigest`) of further names in the folder that the lock is for, besides the one that it is called by. */
  readonly names: readonly string[];
}

/** A process that takes locks, and for how long its machine has been up. */
export type LockIdentity = SystemIdentity & Pick<LockOwner, 'pid' | 'startTicks'> & { readonly uptimeMs: number };

/** Who is looking, and when by the folder's clock. */
export interface Judge extends SystemIdentity {
  readonly uptimeMs: number;
  readonly nowMs: number;
}

/**
 * `here`: the owner's process number means the same to us. `earlier`: it is of this machine before that was started again, or of a copy of
 * it. `elsewhere`: it is of another machine or container.
 */
type Whereabouts = 'here' | 'earlier' | 'elsewhere';

/** A lock from elsewhere that was not touched for longer is nobody's: several times the engine's interval. */
const SILENCE_MS = 60_000;
/** Nobody who lives leaves his lock alone for longer (see `FolderLock.touch`). */
const TOUCH_GAP_MS = 30_000;

/** Of this process. */
export function ownIdentity(): LockIdentity {
  const { pid } = process;
  return {
    pid,
    startTicks: readStartTicks(pid),
    host: hostname(),
    machineId: readMachineId(),
    bootId: readBootId(),
    pidNamespace: readPidNamespace(),
    uptimeMs: uptime() * 1000,
  };
}

/** Null where it is none of ours, or half of one. */
export function parseOwner(text: string): LockOwner | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Partial<Record<keyof LockOwner, unknown>>;
  const { pid, host, names } = fields;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1 || typeof host !== 'string') return null;
  return {
    pid,
    startTicks: textOr(fields.startTicks, null),
    host,
    machineId: textOr(fields.machineId, null),
    bootId: textOr(fields.bootId, null),
    pidNamespace: textOr(fields.pidNamespace, null),
    startedAt: textOr(fields.startedAt, 'an unknown time'),
    command: textOr(fields.command, 'an unknown command'),
    names: Array.isArray(names) ? names.filter((digest): digest is string => typeof digest === 'string') : [],
  };
}

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise;
}

/** Whether the owner of that lock (or claim) lives. */
export function isRunning(owner: LockOwner, location: string, judge: Judge, disk: Disk): boolean {
  const where = whereaboutsOf(owner, judge);
  if (where === 'here') return isSameProcessAlive(owner.pid, owner.startTicks);
  const silenceMs = silenceOf(location, judge, disk);
  if (silenceMs === null) return false;
  if (where === 'elsewhere') return silenceMs <= SILENCE_MS;
  // A copy that lives has touched it since we were started, and we before that have not. Where the clock does not run while the machine is
  // off, that was in its future.
  return Math.abs(silenceMs) <= Math.min(SILENCE_MS, Math.max(judge.uptimeMs, TOUCH_GAP_MS));
}

/** Whether nobody is at work on that file, or it is gone: for one that does not say whose it is. */
export function isAbandoned(location: string, judge: Judge, disk: Disk): boolean {
  const silenceMs = silenceOf(location, judge, disk);
  return silenceMs === null || Math.abs(silenceMs) > SILENCE_MS;
}

export function whereaboutsOf(owner: SystemIdentity, judge: SystemIdentity): Whereabouts {
  if (owner.host !== judge.host) return 'elsewhere';
  if (differs(owner.bootId, judge.bootId)) {
    return owner.machineId !== null && owner.machineId === judge.machineId ? 'earlier' : 'elsewhere';
  }
  return differs(owner.pidNamespace, judge.pidNamespace) ? 'elsewhere' : 'here';
}

/** What is unknown is taken for the same. */
function differs(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other;
}

/** Milliseconds since it was touched, by the folder's clock; null where it is gone. */
function silenceOf(location: string, judge: Judge, disk: Disk): number | null {
  const touchedMs = disk.statSync(location, { throwIfNoEntry: false })?.mtimeMs;
  return touchedMs === undefined ? null : judge.nowMs - touchedMs;
}
