// Files of the right size in folders that may have a torrent's data under other names. Links are not followed, names of ours are left
// out, and the search has a bound: somebody may name their home folder. Only looks at names and sizes.

import type { Stats } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Disk } from './disk.js';
import { refuse, toStorageError } from './storage-failure.js';

export interface SearchLimits {
  /** Names looked at in all: beyond it the search ends with what it has. */
  readonly maxEntries: number;
  /** Files kept of one size. */
  readonly maxOfOneSize: number;
}

const OWN_PREFIX = '.effusion';
const ENTRIES_A_TURN = 500;

/**
 * Size in bytes → paths of regular files, in an order that is always the same. Rejects with a StorageError where a folder that was named
 * can't be read (those in it are passed over), or with the signal's reason.
 */
export async function findBySize(
  folders: readonly string[],
  sizes: ReadonlySet<number>,
  limits: SearchLimits,
  disk: Disk,
  signal?: AbortSignal,
): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  const seen = new Set<string>();
  let entries = 0;
  for (const top of folders) {
    const open = [path.resolve(top)];
    expectFolder(open[0], disk);
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
      signal?.throwIfAborted();
      const below: string[] = [];
      for (const name of namesIn(folder, disk)) {
        if (++entries > limits.maxEntries) return found;
        if (entries % ENTRIES_A_TURN === 0) await setImmediate(undefined, signal === undefined ? {} : { signal });
        if (name.toLowerCase().startsWith(OWN_PREFIX)) continue;
        const location = path.join(folder, name);
        const stat = statOf(location, disk);
        if (stat?.isDirectory() === true) below.push(location);
        if (stat?.isFile() !== true || !sizes.has(stat.size) || seen.has(location)) continue;
        const same = found.get(stat.size) ?? [];
        found.set(stat.size, same);
        if (same.length >= limits.maxOfOneSize) continue;
        seen.add(location);
        same.push(location);
      }
      open.push(...below.toReversed());
    }
  }
  return found;
}

/** The folder that was named may be a link. */
function expectFolder(folder: string, disk: Disk): void {
  let stat;
  try {
    stat = disk.statSync(folder);
    disk.readdirSync(folder);
  } catch (error) {
    throw toStorageError('open', folder, error);
  }
  if (!stat.isDirectory()) throw refuse('open', folder, 'ENOTDIR');
}

function namesIn(folder: string, disk: Disk): string[] {
  try {
    return disk.readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function statOf(location: string, disk: Disk): Stats | undefined {
  try {
    return disk.lstatSync(location, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
