// Where a session's data goes, as its caller asks for it, and the checks of that: callers may be plain JavaScript. What only the torrent can
// tell (names that collide) is said when it is placed.

import type { Placement } from '../metainfo/placement.js';

export interface PlaceOptions {
  /** Other names and places for the torrent's files, all within the folder; `start` rejects with a PlacementError where that can't be. */
  readonly placement?: Placement;
  /**
   * Files grow here, beside lock and resume state, and are moved to the folder as they get whole. May be on another file system; made where it
   * is not there. Default: the folder.
   */
  readonly incompleteFolder?: string;
  /**
   * Space that files take before their bytes come. `auto`: large files get theirs where the file system gives it at once (ext4, by the
   * command `fallocate`), and keep their length; `none` lets files grow; `sparse` sets the length of every file, `full` takes up its space too
   * (zeros are written). Default `auto`.
   */
  readonly allocate?: 'auto' | 'none' | 'sparse' | 'full';
  /** Rejects with a StorageError (`ENOSPC`) before anything is fetched where less is free than is missing. Default true. */
  readonly checkSpace?: boolean;
  /** Folders that are searched for files of the torrent under any name, which are copied instead of fetched. */
  readonly reuseFolders?: readonly string[];
}

const TEXTS = 'must be a path';

/** What is wrong with them: the option and why; null where nothing is. */
export function wrongPlaceOption(options: PlaceOptions): { readonly option: string; readonly why: string } | null {
  const { placement, incompleteFolder, allocate, reuseFolders } = options;
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
  if (placement !== undefined && (typeof placement !== 'object' || placement === null)) {
    return { option: 'placement', why: 'must be an object such as { name: "photos" }' };
  }
  if (placement?.renames !== undefined && !(placement.renames instanceof Map)) {
    return { option: 'placement.renames', why: 'must be a Map of positions to paths' };
  }
  if (incompleteFolder !== undefined && !isText(incompleteFolder)) return { option: 'incompleteFolder', why: TEXTS };
  if (allocate !== undefined && !['auto', 'none', 'sparse', 'full'].includes(allocate)) {
    return { option: 'allocate', why: 'must be auto, none, sparse or full' };
  }
  if (reuseFolders !== undefined && !(Array.isArray(reuseFolders) && reuseFolders.every(isText))) {
    return { option: 'reuseFolders', why: 'must be a list of paths' };
  }
  return null;
}
