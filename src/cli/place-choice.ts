// Where the data goes, as the options have it: what they may not be, and what of them a session is given. Whatever can be seen to be wrong
// without the torrent is refused before anybody is asked for anything.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { PlaceOptions } from '../engine/place-options.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { checkPlacement, type Placement, rootNames } from '../metainfo/placement.js';
import type { PlaceCommandOptions, PlacementCommandOptions } from './place-options.js';
import { UsageError } from './usage-error.js';

export function placementOf({ name, stripComponents, rename }: PlacementCommandOptions): Placement {
  return {
    ...(name === undefined ? {} : { name }),
    ...(stripComponents === undefined ? {} : { stripComponents }),
    ...(rename === undefined ? {} : { renames: rename }),
  };
}

/** For a session's options. */
export function sessionPlaces(options: PlaceCommandOptions): PlaceOptions {
  const { incompleteDir, allocate, spaceCheck, reuse } = options;
  return {
    placement: placementOf(options),
    allocate,
    checkSpace: spaceCheck,
    ...(incompleteDir === undefined ? {} : { incompleteFolder: incompleteDir }),
    ...(reuse === undefined ? {} : { reuseFolders: reuse }),
  };
}

/** `torrents`: of the run. Throws UsageError or PlacementError. */
export function checkPlacementOptions(options: PlacementCommandOptions, torrents: number): void {
  checkPlacement(placementOf(options));
  const single = options.name !== undefined ? '--name' : options.rename !== undefined ? '--rename' : null;
  if (single !== null && torrents > 1) {
    throw new UsageError(`${single} is for one torrent, and there are ${torrents}`, 'Give each a run of its own.');
  }
}

/** The same, and whether there is anything to reuse. */
export async function checkPlaceOptions(options: PlaceCommandOptions, torrents: number): Promise<void> {
  checkPlacementOptions(options, torrents);
  if (options.incompleteDir === '') throw new UsageError('--incomplete-dir names no folder', 'Give it a path.');
  for (const folder of options.reuse ?? []) {
    const found = await stat(folder).catch(() => null);
    if (found?.isDirectory() !== true) throw new UsageError(`--reuse: there is no folder ${folder}`, 'Check the path.');
  }
}

/**
 * Where the result is, as a script can use it: its own file or folder, else the folder that all is in; never beginning with a
 * dash. `chosen`: indices of the files that are made; left out: all.
 */
export function resultPath(folder: string, { files }: Pick<Metainfo, 'files'>, chosen?: readonly number[]): string {
  const made = chosen === undefined ? null : new Set(chosen);
  const roots = rootNames({ files: files.filter((_, index) => made?.has(index) !== false) });
  const place = roots.length === 1 ? path.join(folder, roots[0]) : path.normalize(folder);
  return place.startsWith('-') ? `./${place}` : place;
}
