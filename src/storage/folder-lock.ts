// One run at a time for each (folder, torrent name): two would write the same .part files. The lock is a file that
// names its owner; it appears with its content in one step (a hard link of a finished file), so that nobody ever reads
// half of one. Who finds the owner dead claims the right to replace exactly that dead owner's lock: of several that
// try, one wins. Whether a process of another machine or container lives can't be seen from here: it counts as long as it
// touches its lock, by the clock of the folder's own file system.

import { hostname } from 'node:os';
import path from 'node:path';
import { sha1 } from '../hash/digest.js';
import { toHex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import { makeOutputFolder } from './output-folder.js';
import { isSameProcessAlive, readPidNamespace, readStartTicks } from './process-identity.js';
import { errnoOf, toStorageError } from './storage-failure.js';
import { StorageError } from '../model/error.js';

export interface FolderLockOptions {
  /** The output folder; created where it does not exist. */
  readonly folder: string;
  /** The torrent's name: what would collide in the folder. */
  readonly name: string;
  /** For the message that the next one gets: any text, e.g. an ISO date. */
  readonly startedAt: string;
  /** What holds it, e.g. `effusion download`. */
  readonly command: string;
  readonly disk?: Disk;
}

interface LockOwner {
  readonly pid: number;
  readonly startTicks: string | null;
  readonly host: string;
  /** Of process numbers; null where unknown. */
  readonly pidNamespace: string | null;
  readonly startedAt: string;
  readonly command: string;
}

/** Who is looking, and when by the folder's clock. */
interface Judge {
  readonly host: string;
  readonly pidNamespace: string | null;
  readonly nowMs: number;
}

const MAX_ATTEMPTS = 20;
/** A lock from elsewhere that was not touched for longer is nobody's: several times the engine's interval. */
const SILENCE_MS = 60_000;
const TOUCH_EVERY_MS = 5000;
let serial = 0;

/** The lock's file name: `.effusion-<8 hex of the SHA-1 of the torrent's name>.lock`. */
export function lockFileName(name: string): string {
  return `.effusion-${toHex(sha1(new TextEncoder().encode(name))).slice(0, 8)}.lock`;
}

export class FolderLock {
  readonly path: string;
  readonly #disk: Disk;
  readonly #content: string;
  #isHeld = true;
  #touchedAt = Number.NEGATIVE_INFINITY;

  private constructor(lockPath: string, content: string, disk: Disk) {
    this.path = lockPath;
    this.#content = content;
    this.#disk = disk;
  }

  /** Takes the lock or throws a StorageError {operation: 'lock'}; errno `EINUSE` where somebody holds it. */
  static acquire(options: FolderLockOptions): FolderLock {
    const disk = options.disk ?? REAL_DISK;
    const lockPath = path.join(options.folder, lockFileName(options.name));
    const owner: LockOwner = {
      pid: process.pid,
      startTicks: readStartTicks(process.pid),
      host: hostname(),
      pidNamespace: readPidNamespace(),
      startedAt: options.startedAt,
      command: options.command,
    };
    const content = `${JSON.stringify({ ...owner, serial: ++serial })}\n`;
    const draft = `${lockPath}.${process.pid}-${serial}`;
    try {
      makeOutputFolder(options.folder, disk);
      disk.writeFileSync(draft, content, { flag: 'w' });
      const judge: Judge = { ...owner, nowMs: disk.statSync(draft).mtimeMs };
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (create(lockPath, draft, content, disk)) return new FolderLock(lockPath, content, disk);
        const found = read(lockPath, disk);
        if (found === null) continue;
        const holder = parseOwner(found);
        if (holder !== null && isRunning(holder, lockPath, judge, disk)) throw inUse(lockPath, options.name, holder, judge);
        if (replace(lockPath, draft, content, found, judge, disk)) return new FolderLock(lockPath, content, disk);
      }
      throw inUse(lockPath, options.name, null, judge);
    } catch (error) {
      throw toStorageError('lock', lockPath, error);
    } finally {
      unlink(draft, disk);
    }
  }

  /** Shows others that it is still held; to be called at least every half minute, more often costs little. Never throws. */
  touch(): void {
    const now = performance.now();
    if (!this.#isHeld || now - this.#touchedAt < TOUCH_EVERY_MS) return;
    this.#touchedAt = now;
    try {
      // The same bytes again, and not a time of ours: the file system's clock may be another.
      if (read(this.path, this.#disk) === this.#content) this.#disk.writeFileSync(this.path, this.#content, { flag: 'r+' });
    } catch {
      // A full or read-only disk shows where the data is written.
    }
  }

  /** Gives the lock up; idempotent, never throws, and synchronous: the second ^C has no time for more. */
  releaseSync(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    try {
      // Only our own: a user who removed it by hand may have let somebody else in.
      if (read(this.path, this.#disk) === this.#content) unlink(this.path, this.#disk);
    } catch {
      // Unreadable by now: the next run finds its owner dead.
    }
  }
}

function read(file: string, disk: Disk): string | null {
  try {
    return disk.readFileSync(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function unlink(file: string, disk: Disk): void {
  try {
    disk.unlinkSync(file);
  } catch {
    // Gone already, or the folder is read-only by now: nothing left to do about it.
  }
}

function create(lockPath: string, draft: string, content: string, disk: Disk): boolean {
  try {
    disk.linkSync(draft, lockPath);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
  }
  // A file system without hard links: the exclusive open is still atomic, only its content comes a moment later.
  try {
    disk.writeFileSync(lockPath, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Puts the draft in the place of the dead owner's lock, whose content was `stale`. False: look again. */
function replace(lockPath: string, draft: string, content: string, stale: string, judge: Judge, disk: Disk): boolean {
  const claim = `${lockPath}.${toHex(sha1(new TextEncoder().encode(stale))).slice(0, 8)}`;
  if (!create(claim, draft, content, disk)) {
    // Somebody else replaces that very lock at this moment, or died while doing so: then its claim is void too.
    const claimant = read(claim, disk);
    const owner = claimant === null ? null : parseOwner(claimant);
    if (claimant !== null && (owner === null || !isRunning(owner, claim, judge, disk))) unlink(claim, disk);
    return false;
  }
  try {
    // Who was slow may find a new owner here: only the lock that was judged may be replaced.
    if (read(lockPath, disk) !== stale) return false;
    disk.renameSync(draft, lockPath);
    return true;
  } finally {
    unlink(claim, disk);
  }
}

function parseOwner(text: string): LockOwner | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { pid, startTicks, host, pidNamespace, startedAt, command } = value as Partial<Record<keyof LockOwner, unknown>>;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1 || typeof host !== 'string') return null;
  return {
    pid,
    startTicks: typeof startTicks === 'string' ? startTicks : null,
    host,
    pidNamespace: typeof pidNamespace === 'string' ? pidNamespace : null,
    startedAt: typeof startedAt === 'string' ? startedAt : 'an unknown time',
    command: typeof command === 'string' ? command : 'an unknown command',
  };
}

/** Whether the owner of that lock (or claim) lives. */
function isRunning(owner: LockOwner, location: string, judge: Judge, disk: Disk): boolean {
  if (isNear(owner, judge)) return isSameProcessAlive(owner.pid, owner.startTicks);
  const touchedMs = disk.statSync(location, { throwIfNoEntry: false })?.mtimeMs;
  return touchedMs !== undefined && judge.nowMs - touchedMs <= SILENCE_MS;
}

/** Whether the owner's process number means the same here. */
function isNear(owner: LockOwner, judge: Judge): boolean {
  if (owner.host !== judge.host) return false;
  return owner.pidNamespace === null || judge.pidNamespace === null || owner.pidNamespace === judge.pidNamespace;
}

function inUse(lockPath: string, name: string, holder: LockOwner | null, judge: Judge): StorageError {
  const folder = path.dirname(lockPath);
  let who = 'another process';
  let advice = 'Wait for it, stop it, or choose another folder with --output.';
  if (holder !== null) {
    const where = holder.host === judge.host ? '' : ` on ${holder.host}`;
    who = `process ${holder.pid}${where} (${holder.command}, since ${holder.startedAt})`;
    if (!isNear(holder, judge)) advice += ` If it is not running any more, try again in a minute or remove ${lockPath}.`;
  }
  const text = `${JSON.stringify(name)} in ${folder} is in use by ${who} (EINUSE)`;
  return new StorageError(text, { operation: 'lock', path: lockPath, errno: 'EINUSE' }, { advice });
}
