// Makes the output folder and those above it, step by step. Node's own recursive mkdir turns for ever, inside the system
// library and deaf to signals, where a folder exists but takes no children (/proc is one).

import { constants, type Stats } from 'node:fs';
import path from 'node:path';
import { type Disk, REAL_DISK } from './disk.js';
import { errnoOf, refuse, toStorageError } from './storage-failure.js';

/** Harmless where it exists. Throws a StorageError, `ENOTDIR` where something else is in its place. */
export function makeOutputFolder(folder: string, disk: Disk): void {
  try {
    disk.mkdirSync(folder);
    return;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') {
      // A symbolic link to a folder is as good: the output folder is the user's own choice.
      if (statOf(folder, disk)?.isDirectory() === true) return;
      throw refuse('mkdir', folder, 'ENOTDIR');
    }
    const parent = path.dirname(path.resolve(folder));
    const isMissingParent = errno === 'ENOENT' && statOf(parent, disk) === undefined;
    if (!isMissingParent || parent === path.resolve(folder)) throw toStorageError('mkdir', folder, error);
    makeOutputFolder(parent, disk);
  }
  try {
    disk.mkdirSync(folder);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw toStorageError('mkdir', folder, error);
  }
}

/** Makes it where it is not there. Throws a StorageError where nothing could be put into it. */
export function expectWritable(folder: string, disk: Disk = REAL_DISK): void {
  makeOutputFolder(folder, disk);
  try {
    disk.accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw toStorageError('write', folder, error);
  }
}

/** Whether both names lead to one folder; both are there. Throws a StorageError. */
export function isSameFolder(a: string, b: string, disk: Disk = REAL_DISK): boolean {
  if (a === b) return true;
  const [first, second] = [statOf(a, disk), statOf(b, disk)];
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}

/** Undefined where there is nothing. Throws a StorageError, e.g. `ELOOP` for a link to itself. */
function statOf(folder: string, disk: Disk): Stats | undefined {
  try {
    return disk.statSync(folder, { throwIfNoEntry: false });
  } catch (error) {
    throw toStorageError('mkdir', folder, error);
  }
}
