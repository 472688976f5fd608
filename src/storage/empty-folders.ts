// The folders in which files grew apart from the output folder, once they are empty: nothing of a download stays where it was made.
// What somebody else has put there stays too, and so do the folders around it.

import path from 'node:path';
import { type Disk, REAL_DISK } from './disk.js';

/** Those of the files `files` below `root`, which stays. Never throws. */
export function removeEmptyFolders(
  root: string,
  files: readonly { readonly path: readonly string[] }[],
  disk: Disk = REAL_DISK,
): void {
  const folders = new Set<string>();
  for (const file of files)
    for (let depth = 1; depth < file.path.length; depth++) folders.add(path.join(...file.path.slice(0, depth)));
  // Those inside come before those around them.
  for (const folder of [...folders].toSorted((a, b) => b.length - a.length)) {
    try {
      disk.rmdirSync(path.join(root, folder));
    } catch {
      // Not empty, or never made.
    }
  }
}
