// A whole file gets its name. Within one file system that is one step; from another one it is copied there under a hidden name first, and
// takes the name then: nobody ever sees half a file under it, and the part file is there until the name is. What a kill leaves of the copy
// the next run removes.

import { type Disk, OPEN_WRITABLE, REAL_DISK } from './disk.js';
import { copyFile } from './file-copy.js';
import { errnoOf, refuse, toStorageError } from './storage-failure.js';

export interface MoveOptions {
  readonly from: string;
  /** What lies there is replaced, unless `isKept` says otherwise. Its folder is there. */
  readonly to: string;
  /** What lies there stays, and the move is refused (`EEXIST`): it came since the run began. */
  readonly isKept?: boolean;
  /** On the file system of `to`, and nobody else's: see `FilePaths.landing`. Asked for only where `from` is on another one. */
  readonly landing: () => string;
  /** Bytes. */
  readonly length: number;
  /** Bytes copied between two looks at the signal. */
  readonly stepBytes: number;
  /** Flush the copy to the disk before it gets the name. */
  readonly fsync?: boolean;
  readonly signal?: AbortSignal;
  readonly onStep?: () => void;
  readonly disk?: Disk;
}

/** Undefined where it was done at once. Throws, or rejects with, a StorageError, or the signal's reason. */
export function moveFile(options: MoveOptions): void | Promise<void> {
  const { from, to, isKept = false, disk = REAL_DISK } = options;
  return moveWithin(from, to, isKept, disk) ? undefined : moveAcross(options);
}

/** The one step; false where it takes `moveAcross`, as the two are on different file systems. Throws a StorageError. */
export function moveWithin(from: string, to: string, isKept: boolean, disk: Disk): boolean {
  try {
    refuseWhereKept(to, isKept, disk);
    disk.renameSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EXDEV') return false;
    throw toStorageError('rename', to, error);
  }
}

/** Rejects with a StorageError, or the signal's reason. */
export async function moveAcross(options: MoveOptions): Promise<void> {
  const { from, to, length, stepBytes, fsync = false, signal, onStep, disk = REAL_DISK } = options;
  const landing = options.landing();
  try {
    removeQuietly(landing, disk);
    await copyFile({
      from,
      to: landing,
      maxBytes: length,
      stepBytes,
      disk,
      ...(signal === undefined ? {} : { signal }),
      ...(onStep === undefined ? {} : { onStep }),
    });
    // The copy ends where the part file does: somebody may have cut it since it was verified.
    if (disk.lstatSync(landing).size < length) throw refuse('read', from, 'ESHORT');
    if (fsync) flush(landing, disk);
    disk.chmodSync(landing, disk.lstatSync(from).mode & 0o777);
    refuseWhereKept(to, options.isKept ?? false, disk);
    disk.renameSync(landing, to);
  } catch (error) {
    removeQuietly(landing, disk);
    signal?.throwIfAborted();
    throw toStorageError('copy', to, error);
  }
  // Two names for one content harm nobody: the next run finds the file whole.
  removeQuietly(from, disk);
}

function refuseWhereKept(to: string, isKept: boolean, disk: Disk): void {
  if (isKept && disk.lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw refuse('rename', to, 'EEXIST');
}

function flush(location: string, disk: Disk): void {
  const fd = disk.openSync(location, OPEN_WRITABLE);
  try {
    disk.fsyncSync(fd);
  } finally {
    disk.closeSync(fd);
  }
}

function removeQuietly(location: string, disk: Disk): void {
  try {
    disk.unlinkSync(location);
  } catch {
    // It was not there, or stays as one more hidden file.
  }
}
