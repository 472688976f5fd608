// All locks of one torrent: in each of its folders one for every name that it puts there, and one for the hidden names that are its own. A
// torrent without a folder of its own may have thousands of names: those beyond a number are written into its last lock, and whoever comes
// later looks into the locks that are there. Locks of runs that were killed, of whatever torrent, are swept on the way, and so is what
// such runs left beside them.

import path from 'node:path';
import { type Disk, REAL_DISK } from './disk.js';
import { FolderLock, inUse, isBesideLock, isVoid, MAX_LOCK_BYTES, nameDigest } from './folder-lock.js';
import { isRunning, type Judge, type LockIdentity, ownIdentity, parseOwner, whereaboutsOf } from './lock-owner.js';
import { toStorageError } from './storage-failure.js';

export interface TorrentLocksOptions {
  /** Different ones; made where they are missing. */
  readonly folders: readonly string[];
  /** What the torrent puts into the folders. */
  readonly names: readonly string[];
  /** Of the torrent, however it is placed: two runs of it share their hidden names. */
  readonly ownName: string;
  /** Names in a folder that get a lock of their own. */
  readonly maxLockedNames: number;
  /** As for each lock. */
  readonly startedAt: string;
  readonly command: string;
  /** Default: of this process. */
  readonly identity?: LockIdentity;
  readonly disk?: Disk;
}

export class TorrentLocks {
  readonly #locks: FolderLock[] = [];

  /** Takes all of them or none. Throws a StorageError, `EINUSE` where somebody has one of the names. */
  static acquire(options: TorrentLocksOptions): TorrentLocks {
    const locks = new TorrentLocks();
    try {
      for (const folder of options.folders) locks.#take(folder, options);
    } catch (error) {
      locks.releaseSync();
      throw error;
    }
    return locks;
  }

  /** See `FolderLock.touch`. */
  touch(): void {
    for (const lock of this.#locks) lock.touch();
  }

  /** See `FolderLock.releaseSync`. */
  releaseSync(): void {
    for (const lock of this.#locks) lock.releaseSync();
  }

  #take(folder: string, options: TorrentLocksOptions): void {
    const { names, ownName, maxLockedNames, startedAt, command, identity = ownIdentity(), disk = REAL_DISK } = options;
    const terms = { folder, startedAt, command, identity, disk };
    for (const name of names.slice(0, maxLockedNames)) this.#locks.push(FolderLock.acquire({ ...terms, name }));
    const own = FolderLock.acquire({ ...terms, name: ownName, names: names.slice(maxLockedNames).map(nameDigest) });
    this.#locks.push(own);
    // After all of ours are there: of two that come at a time at least one sees the other.
    this.#survey(folder, own, options, { identity, disk });
  }

  #survey(
    folder: string,
    own: FolderLock,
    { names, maxLockedNames }: TorrentLocksOptions,
    { identity, disk }: { readonly identity: LockIdentity; readonly disk: Disk },
  ): void {
    const byDigest = new Map(names.map((name) => [nameDigest(name), name]));
    const unlocked = new Set(names.slice(maxLockedNames).map(nameDigest));
    const ours = new Set(this.#locks.map((lock) => lock.path));
    try {
      const judge: Judge = { ...identity, nowMs: disk.statSync(own.path).mtimeMs };
      for (const entry of disk.readdirSync(folder)) {
        const digest = /^\.effusion-([0-9a-f]{8})\.lock$/.exec(entry)?.[1];
        const location = path.join(folder, entry);
        if (isBesideLock(entry)) {
          const left = readQuietly(location, disk);
          if (left !== null && isVoid(location, parseOwner(left), judge, disk)) own.removeDead(location, left, judge);
        }
        if (digest === undefined || ours.has(location)) continue;
        const content = readQuietly(location, disk);
        const owner = content === null ? null : parseOwner(content);
        if (content === null || owner === null) continue;
        if (!isRunning(owner, location, judge, disk)) {
          // Of another machine only who needs its name takes it away: that one may sleep.
          if (whereaboutsOf(owner, judge) !== 'elsewhere') own.removeDead(location, content, judge);
          continue;
        }
        const shared = [...(unlocked.has(digest) ? [digest] : []), ...owner.names].map((one) => byDigest.get(one));
        const name = shared.find((one) => one !== undefined);
        if (name !== undefined) throw inUse(location, name, owner, judge);
      }
    } catch (error) {
      throw toStorageError('lock', folder, error);
    }
  }
}

/** Null where it is gone by now, or can't be one of ours. */
function readQuietly(location: string, disk: Disk): string | null {
  try {
    const stat = disk.lstatSync(location);
    return stat.isFile() && stat.size <= MAX_LOCK_BYTES ? disk.readFileSync(location, 'utf8') : null;
  } catch {
    return null;
  }
}
