// Who holds a lock, as the lock's file says it, and whether that process lives: known of one of this machine and container, else judged by
// when the lock was touched last. Nothing in it is trusted further than that.

import { hostname } from 'node:os';
import type { Disk } from './disk.js';
import { isSameProcessAlive, readPidNamespace, readStartTicks } from './process-identity.js';

export interface LockOwner {
  readonly pid: number;
  readonly startTicks: string | null;
  readonly host: string;
  /** Of process numbers; null where unknown. */
  readonly pidNamespace: string | null;
  readonly startedAt: string;
  readonly command: string;
  /** Digests (`nameDigest`) of further names in the folder that the lock is for, besides the one that it is called by. */
  readonly names: readonly string[];
}

/** Who is looking, and when by the folder's clock. */
export interface Judge {
  readonly host: string;
  readonly pidNamespace: string | null;
  readonly nowMs: number;
}

/** A lock from elsewhere that was not touched for longer is nobody's: several times the engine's interval. */
const SILENCE_MS = 60_000;

/** Of this process. */
export function ownIdentity(): Pick<LockOwner, 'pid' | 'startTicks' | 'host' | 'pidNamespace'> {
  return { pid: process.pid, startTicks: readStartTicks(process.pid), host: hostname(), pidNamespace: readPidNamespace() };
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
  const { pid, startTicks, host, pidNamespace, startedAt, command, names } = value as Partial<Record<keyof LockOwner, unknown>>;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1 || typeof host !== 'string') return null;
  return {
    pid,
    startTicks: typeof startTicks === 'string' ? startTicks : null,
    host,
    pidNamespace: typeof pidNamespace === 'string' ? pidNamespace : null,
    startedAt: typeof startedAt === 'string' ? startedAt : 'an unknown time',
    command: typeof command === 'string' ? command : 'an unknown command',
    names: Array.isArray(names) ? names.filter((digest): digest is string => typeof digest === 'string') : [],
  };
}

/** Whether the owner of that lock (or claim) lives. */
export function isRunning(owner: LockOwner, location: string, judge: Judge, disk: Disk): boolean {
  if (isNear(owner, judge)) return isSameProcessAlive(owner.pid, owner.startTicks);
  const touchedMs = disk.statSync(location, { throwIfNoEntry: false })?.mtimeMs;
  return touchedMs !== undefined && judge.nowMs - touchedMs <= SILENCE_MS;
}

/** Whether the owner's process number means the same here. */
export function isNear(owner: LockOwner, judge: Judge): boolean {
  if (owner.host !== judge.host) return false;
  return owner.pidNamespace === null || judge.pidNamespace === null || owner.pidNamespace === judge.pidNamespace;
}
