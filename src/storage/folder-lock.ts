// One run at a time for each (folder, torrent name): two would write the same .part files. The lock is a file that
// names its owner; it appears with its content in one step (a hard link of a finished file), so that nobody ever reads
// half of one. Who finds the owner dead claims the right to replace exactly that dead owner's lock: of several that
// try, one wins; and so with a claim that was left by one who was killed while he had it. Whether a process of another machine or container lives can't be seen from here: it counts as long as it
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
import { errnoOf, refuse, toStorageError } from './storage-failure.js';
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
/** Claims on claims, each left by a run that was killed in the moment that it had one. */
const MAX_CLAIM_DEPTH = 8;
const TOUCH_EVERY_MS = 5000;
/** A larger file is no lock of ours: half a million names take less. */
export const MAX_LOCK_BYTES = 8_388_608;
let serial = 0;

/** 8 hex of the SHA-1 of a name in the folder. */
export function nameDigest(name: string): string {
  return toHex(sha1(new TextEncoder().encode(name))).slice(0, 8);
}

/** The lock's file name: `.effusion-<digest of the torrent's name>.lock`. */
export function lockFileName(name: string): string {
  return `.effusion-${nameDigest(name)}.lock`;
}

/** What lies beside locks while they are taken: a draft, or the claim on something that was left. */
export function isBesideLock(fileName: string): boolean {
  return /^\.effusion-[0-9a-f]{8}\.lock(?:\.(?:new-)?[0-9a-f]{8})+$/.test(fileName);
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
        if (create(lockPath, { file: draft, content }, disk)) return new FolderLock(lockPath, content, disk);
        const found = read(lockPath, disk);
        if (found === null) continue;
        const holder = parseOwner(found);
        if (!isVoid(lockPath, holder, judge, disk)) throw inUse(lockPath, options.name, holder, judge);
        if (replace(lockPath, found, { file: draft, content }, judge, disk)) return new FolderLock(lockPath, content, disk);
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

  /** Removes another lock, a claim or a draft, of a run that was killed, as long as it still reads `stale`. Never throws. */
  removeDead(location: string, stale: string, judge: Judge): void {
    try {
      removeStale(location, stale, { file: this.path, content: this.#content }, judge, this.#disk);
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
    const stat = disk.lstatSync(file);
    // Where others may write, one could wait for ever in a pipe that somebody has put there.
    if (!stat.isFile() || stat.size > MAX_LOCK_BYTES) throw refuse('lock', file, 'ENOTREG');
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

function create(location: string, { file, content }: Proof, disk: Disk): boolean {
  try {
    disk.linkSync(file, location);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') {
      // A file system without hard links: the exclusive open is still atomic, only its content comes a moment later.
      try {
        disk.writeFileSync(location, content, { flag: 'wx' });
      } catch (failure) {
        if (errnoOf(failure) !== 'EEXIST') throw failure;
      }
    }
  }
  // Over the network the answer may be lost, and the link be there all the same. Without links, who stood still before he wrote for longer
  // than an unfinished one counts may have lost it.
  return read(location, disk) === content;
}

/** Our lock's file, finished, to be given further names, and what it says. */
interface Proof {
  readonly file: string;
  readonly content: string;
}

/** Puts the draft in the place of the dead owner's lock, whose content was `stale`. False: look again. */
function replace(lockPath: string, stale: string, draft: Proof, judge: Judge, disk: Disk): boolean {
  return withClaim(lockPath, stale, draft, judge, disk, () => {
    disk.renameSync(draft.file, lockPath);
  });
}

/** Removes a lock or a claim of somebody dead. False where another one is at it. */
function removeStale(location: string, stale: string, own: Proof, judge: Judge, disk: Disk, depth = 0): boolean {
  const remove = (): void => {
    unlink(location, disk);
  };
  return withClaim(location, stale, own, judge, disk, remove, depth);
}

/**
 * Does `act` while nobody else may do away with the file that reads `stale`: who has the claim on it, a file named after both. False where
 * somebody else has, or it does not read so any more.
 */
function withClaim(location: string, stale: string, own: Proof, judge: Judge, disk: Disk, act: () => void, depth = 0): boolean {
  const claim = `${location}.${nameDigest(stale)}`;
  const take = (): boolean => create(claim, own, disk);
  if (!take() && !(clearClaim(claim, own, judge, disk, depth) && take())) return false;
  try {
    // Who was slow may find a new owner here: only the one that was judged may be done away with.
    if (read(location, disk) !== stale) return false;
    act();
    return true;
  } finally {
    unlink(claim, disk);
  }
}

/** False where its owner is at work. A claim is not simply removed: of two that judge it void the slower one would remove the quicker one's. */
function clearClaim(claim: string, own: Proof, judge: Judge, disk: Disk, depth: number): boolean {
  const content = read(claim, disk);
  if (content === null) return true;
  if (!isVoid(claim, parseOwner(content), judge, disk)) return false;
  if (depth < MAX_CLAIM_DEPTH) return removeStale(claim, content, own, judge, disk, depth + 1);
  unlink(claim, disk);
  return true;
}

/** Whether the owner of that lock, claim or draft is dead; of one that is not finished, whether nobody has been at work on it for a minute. */
export function isVoid(location: string, owner: LockOwner | null, judge: Judge, disk: Disk): boolean {
  return owner === null ? isAbandoned(location, judge, disk) : !isRunning(owner, location, judge, disk);
}

/** `holder`: null where it is not known. */
export function inUse(lockPath: string, name: string, holder: LockOwner | null, judge: Judge): StorageError {
  const folder = path.dirname(lockPath);
  let who = 'another process';
  let doubt = 'Who has it is not known';
  if (holder !== null) {
    who = `process ${holder.pid}${placeText(holder, judge)} (${holder.command}, since ${holder.startedAt})`;
    doubt = whereaboutsOf(holder, judge) === 'here' ? '' : "Whether it still runs can't be seen from here";
  }
  let advice = 'Wait for it, stop it, or choose another folder with --output.';
  // The path comes last, so that it can be copied.
  if (doubt !== '')
    advice += ` ${doubt}, so its lock counts until it was not touched for a minute: try again then, or remove ${lockPath}.`;
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
