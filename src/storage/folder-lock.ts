// One run at a time for each (folder, torrent name): two would write the same .part files. The lock is a file that
// names its owner; it appears with its content in one step (a hard link of a finished file), so that nobody ever reads
// half of one. Who finds the owner dead claims the right to replace exactly that dead owner's lock: of several that
// try, one wins. Locks of other machines are never judged from here.

import { hostname } from 'node:os';
import path from 'node:path';
import { sha1 } from '../hash/digest.js';
import { toHex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import { makeOutputFolder } from './output-folder.js';
import { isSameProcessAlive, readStartTicks } from './process-identity.js';
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
  readonly startedAt: string;
  readonly command: string;
}

const MAX_ATTEMPTS = 20;
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

  private constructor(lockPath: string, content: string, disk: Disk) {
    this.path = lockPath;
    this.#content = content;
    this.#disk = disk;
  }

  /** Takes the lock or throws a StorageError {operation: 'lock'}; errno `EINUSE` where somebody holds it. */
  static acquire(options: FolderLockOptions): FolderLock {
    const disk = options.disk ?? REAL_DISK;
    makeOutputFolder(options.folder, disk);
    const lockPath = path.join(options.folder, lockFileName(options.name));
    const owner: LockOwner = {
      pid: process.pid,
      startTicks: readStartTicks(process.pid),
      host: hostname(),
      startedAt: options.startedAt,
      command: options.command,
    };
    const content = `${JSON.stringify({ ...owner, serial: ++serial })}\n`;
    const draft = `${lockPath}.${process.pid}-${serial}`;
    try {
      disk.writeFileSync(draft, content, { flag: 'w' });
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (create(lockPath, draft, content, disk)) return new FolderLock(lockPath, content, disk);
        const found = read(lockPath, disk);
        if (found === null) continue;
        const holder = parseOwner(found);
        if (holder !== null && isRunning(holder, owner.host)) throw inUse(lockPath, options.name, holder, owner.host);
        if (replace(lockPath, draft, content, found, disk)) return new FolderLock(lockPath, content, disk);
      }
      throw inUse(lockPath, options.name, null, owner.host);
    } catch (error) {
      throw toStorageError('lock', lockPath, error);
    } finally {
      unlink(draft, disk);
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
function replace(lockPath: string, draft: string, content: string, stale: string, disk: Disk): boolean {
  const claim = `${lockPath}.${toHex(sha1(new TextEncoder().encode(stale))).slice(0, 8)}`;
  if (!create(claim, draft, content, disk)) {
    // Somebody else replaces that very lock at this moment, or died while doing so: then its claim is void too.
    const claimant = read(claim, disk);
    const owner = claimant === null ? null : parseOwner(claimant);
    if (claimant !== null && (owner === null || !isRunning(owner, hostname()))) unlink(claim, disk);
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
  const { pid, startTicks, host, startedAt, command } = value as Partial<Record<keyof LockOwner, unknown>>;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1 || typeof host !== 'string') return null;
  return {
    pid,
    startTicks: typeof startTicks === 'string' ? startTicks : null,
    host,
    startedAt: typeof startedAt === 'string' ? startedAt : 'an unknown time',
    command: typeof command === 'string' ? command : 'an unknown command',
  };
}

function isRunning(owner: LockOwner, ownHost: string): boolean {
  return owner.host !== ownHost || isSameProcessAlive(owner.pid, owner.startTicks);
}

function inUse(lockPath: string, name: string, holder: LockOwner | null, ownHost: string): StorageError {
  const folder = path.dirname(lockPath);
  let who = 'another process';
  let advice = 'wait for it, stop it, or choose another folder with --output';
  if (holder !== null) {
    const where = holder.host === ownHost ? '' : ` on ${holder.host}`;
    who = `process ${holder.pid}${where} (${holder.command}, since ${holder.startedAt})`;
    if (holder.host !== ownHost) advice += `; if it is not running any more, remove ${lockPath}`;
  }
  const text = `${JSON.stringify(name)} in ${folder} is in use by ${who}: ${advice} (EINUSE)`;
  return new StorageError(text, { operation: 'lock', path: lockPath, errno: 'EINUSE' });
}
