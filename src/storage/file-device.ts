// The device that a folder lies on: what is on one device shares its space and its speed. A folder that is yet to be made counts
// as on that of the one above it.

import path from 'node:path';
import type { Disk } from './disk.js';

export interface FileDevice {
  /** As `stat` numbers it. */
  readonly number: number;
  /** The folder, or the first one above it that is there: it will be on that one's file system. */
  readonly folder: string;
}

/** Null where not even the root can be looked at. */
export function deviceOf(folder: string, disk: Disk): FileDevice | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      return { number: disk.statSync(at).dev, folder: at };
    } catch {
      if (path.dirname(at) === at) return null;
    }
  }
}
