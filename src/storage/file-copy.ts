// A copy of one file, in steps that a signal can end: a call of the system's own would keep the process from ending until many
// GiB are there. Where the file system can share the blocks of both until one of them is changed, nothing is copied at all.

import fs from 'node:fs';
import path from 'node:path';
import { type Disk, OPEN_READABLE, REAL_DISK } from './disk.js';
import type { CopyPlaces } from './file-paths.js';

export interface CopyOptions {
  readonly from: string;
  /** Must not be there. Whatever ends the copy early, the caller removes it. */
  readonly to: string;
  /** Bytes to copy at most. */
  readonly maxBytes: number;
  /** Bytes of one step: what a signal has to wait for. */
  readonly stepBytes: number;
  readonly signal?: AbortSignal;
  readonly onStep?: () => void;
  readonly disk?: Disk;
}

const OPEN_NEW = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL;

/**
 * At the top, so that what a kill leaves of the copy is found wherever the next run places the files; beside its place where a name can't be
 * moved from there: another file system is mounted, or a folder of the same one in a second place, which no device number tells.
 */
export function placeForCopy({ top, beside }: CopyPlaces, disk: Disk): string {
  if (path.dirname(top) === path.dirname(beside)) return top;
  return canMove(top, beside, disk) ? top : beside;
}

/** Tries it with an empty file, under the names of the copy, which are ours. */
function canMove(from: string, to: string, disk: Disk): boolean {
  const remove = (place: string): void => {
    try {
      disk.unlinkSync(place);
    } catch {
      // It was not there.
    }
  };
  let isMoved = false;
  try {
    remove(from);
    disk.closeSync(disk.openSync(from, OPEN_NEW, 0o600));
    disk.renameSync(from, to);
    isMoved = true;
  } catch {
    // What stands in the way of any copy shows when it is made.
  }
  remove(isMoved ? to : from);
  return isMoved;
}

/** May copy more than `maxBytes` where that costs nothing. Rejects with the system's error or the signal's reason. */
export async function copyFile(options: CopyOptions): Promise<void> {
  options.signal?.throwIfAborted();
  if (!(await clone(options))) await copyInSteps(options);
}

/** False where it can't be done; a reason that stands in the way of any copy shows in the other way. */
function clone({ from, to, disk = REAL_DISK }: CopyOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const mode = fs.constants.COPYFILE_FICLONE_FORCE | fs.constants.COPYFILE_EXCL;
    disk.copyFile(from, to, mode, (error) => resolve(error === null));
  });
}

async function copyInSteps({ from, to, maxBytes, stepBytes, signal, onStep, disk = REAL_DISK }: CopyOptions): Promise<void> {
  const source = disk.openSync(from, OPEN_READABLE);
  try {
    const target = disk.openSync(to, OPEN_NEW, 0o600);
    try {
      const buffer = Buffer.allocUnsafe(Math.min(stepBytes, maxBytes));
      for (let done = 0; done < maxBytes;) {
        const count = await read(disk, source, buffer, Math.min(buffer.length, maxBytes - done), done);
        if (count === 0) return;
        for (let at = 0; at < count;) at += await write(disk, target, buffer, at, count - at, done + at);
        done += count;
        signal?.throwIfAborted();
        onStep?.();
      }
    } finally {
      disk.closeSync(target);
    }
  } finally {
    disk.closeSync(source);
  }
}

function read(disk: Disk, fd: number, into: Buffer, length: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    disk.read(fd, into, 0, length, offset, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

function write(disk: Disk, fd: number, bytes: Buffer, at: number, length: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    disk.write(fd, bytes, at, length, offset, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
