// One run at a time for each (folder, torrent name): two would write the same .part files. The lock is a file that
// names its owner; it appears with its content in one step (a hard link of a finished file), so that nobody ever reads
// half of one. Who finds the owner dead claims the right to replace exactly that dead owner's lock: of several that
// try, one wins. Whether a process of another machine or container lives can't be seen from here: it counts as long as it
// touches its lock, by the clock of the folder's own file system. What a run that was killed on the way leaves beside a lock, a draft or
// a claim, is void, and goes with the next survey of the folder (torrent-locks.ts).

import path from 'node:path';
import { sha1 } from '../hash/digest.js';
import { toHex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import {
  isAbandoned,
  isRunning,
  type Judge,
  type LockIdentity,
  type LockOwner,
  ownIdentity,
  parseOwner,
  whereaboutsOf,
} from './lock-owner.js';
import { makeOutputFolder } from './output-folder.js';
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
  /** Digests (`nameDigest`) of further names that the lock is for, which have no lock of their own: for whoever surveys the folder. */
  readonly names?: readonly string[];
  /** Default: of this process. */
  readonly identity?: LockIdentity;
  readonly disk?: Disk;
}

const MAX_ATTEMPTS = 20;
const TOUCH_EVERY_MS = 5000;
let serial = 0;

/** 8 hex of the SHA-1 of a name in the folder. */
export function nameDigest(name: string): string {
  return toHex(sha1(new TextEncoder().encode(name))).slice(0, 8);
}

/** The lock's file name: `.effusion-<digest of the torrent's name>.lock`. */
export function lockFileName(name: string): string {
  return `.effusion-${nameDigest(name)}.lock`;
}

/** What lies beside locks while they are taken: a draft, or the claim on one that was left. */
export function isBesideLock(fileName: string): boolean {
  return /^\.effusion-[0-9a-f]{8}\.lock\.(?:new-)?[0-9a-f]{8}$/.test(fileName);
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
    const { startedAt, command, names = [], identity = ownIdentity() } = options;
    const { uptimeMs, ...self } = identity;
    const owner: LockOwner = { ...self, startedAt, command, names };
    const content = `${JSON.stringify({ ...owner, serial: ++serial })}\n`;
    // Not called by the process number: two containers may have the same one.
    const draft = `${lockPath}.new-${nameDigest(content)}`;
    try {
      makeOutputFolder(options.folder, disk);
      disk.writeFileSync(draft, content, { flag: 'w' });
      const judge: Judge = { ...owner, uptimeMs, nowMs: disk.statSync(draft).mtimeMs };
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
      // A byte of it again, and not a time of ours: the file system's clock may be another.
      if (read(this.path, this.#disk) === this.#content) this.#disk.writeFileSync(this.path, this.#content[0], { flag: 'r+' });
    } catch {
      // A full or read-only disk shows where the data is written.
    }
  }

  /** Removes another lock, of a run that was killed, as long as it still reads `stale`. Never throws. */
  removeDead(lockPath: string, stale: string, judge: Judge): void {
    const disk = this.#disk;
    const claim = claimPath(lockPath, stale);
    try {
      // Who takes it over needs the same claim: it is not removed from under somebody.
      const take = (): boolean => create(claim, this.path, this.#content, disk);
      if (!take() && !(removeVoidClaim(claim, judge, disk) && take())) return;
      if (read(lockPath, disk) === stale) unlink(lockPath, disk);
      unlink(claim, disk);
    } catch {
      // It stays as one more hidden file.
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

/** Who has this file may do away with the lock that reads `stale`. */
function claimPath(lockPath: string, stale: string): string {
  return `${lockPath}.${nameDigest(stale)}`;
}

/** Puts the draft in the place of the dead owner's lock, whose content was `stale`. False: look again. */
function replace(lockPath: string, draft: string, content: string, stale: string, judge: Judge, disk: Disk): boolean {
  const claim = claimPath(lockPath, stale);
  if (!create(claim, draft, content, disk)) {
    // Somebody else replaces that very lock at this moment, or died while doing so.
    removeVoidClaim(claim, judge, disk);
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

/** False where its owner is at work. */
function removeVoidClaim(claim: string, judge: Judge, disk: Disk): boolean {
  const content = read(claim, disk);
  return content === null || removeVoid(claim, content, judge, disk);
}

/** Removes a claim or a draft whose owner was killed; false where he lives, or has not finished it a minute ago. */
export function removeVoid(location: string, content: string, judge: Judge, disk: Disk): boolean {
  const owner = parseOwner(content);
  if (owner === null ? !isAbandoned(location, judge, disk) : isRunning(owner, location, judge, disk)) return false;
  unlink(location, disk);
  return true;
}

/** `holder`: null where it is not known. */
export function inUse(lockPath: string, name: string, holder: LockOwner | null, judge: Judge): StorageError {
  const folder = path.dirname(lockPath);
  let who = 'another process';
  let advice = 'Wait for it, stop it, or choose another folder with --output.';
  if (holder !== null) {
    const where = whereaboutsOf(holder, judge);
    who = `process ${holder.pid}${placeText(holder, judge)} (${holder.command}, since ${holder.startedAt})`;
    // The path comes last, so that it can be copied.
    if (where !== 'here') {
      advice += ` Whether it still runs can't be seen from here, so its lock counts until it was not touched for a minute: try again then, or remove ${lockPath}.`;
    }
  }
  const text = `${JSON.stringify(name)} in ${folder} is in use by ${who} (EINUSE)`;
  return new StorageError(text, { operation: 'lock', path: lockPath, errno: 'EINUSE' }, { advice });
}

function placeText(holder: LockOwner, judge: Judge): string {
  if (holder.host !== judge.host) return ` on ${holder.host}`;
  const where = whereaboutsOf(holder, judge);
  if (where === 'here') return '';
  return where === 'elsewhere'
    ? ` on another machine or in another container that is called ${holder.host} too`
    : ' of this machine before its last start, or of a copy of this machine';
}
