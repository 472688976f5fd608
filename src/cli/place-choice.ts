// Where the data goes, as the options have it: what they may not be, and what of them a session is given. Whatever can be seen to be wrong
// without the torrent is refused before anybody is asked for anything.

import { promises } from 'node:fs';
import path from 'node:path';
import type { PlaceOptions } from '../engine/place-options.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { checkPlacement, ownPlace, type Placement } from '../metainfo/placement.js';
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
  for (const folder of options.reuse ?? []) {
    const found = await promises.stat(folder).catch(() => null);
    if (found?.isDirectory() !== true) throw new UsageError(`--reuse: there is no folder ${folder}`, 'Check the path.');
  }
}

/**
 * Where the result is, as a script can use it: the torrent's own file or folder, or the output folder where that is not one place any more.
 * Which of its files are chosen makes no difference. Never beginning with a dash.
 */
export function resultPath(folder: string, metainfo: Pick<Metainfo, 'files' | 'isSingleFile'>, placement: Placement): string {
  const place = path.join(folder, ...ownPlace(metainfo, placement));
  return place.startsWith('-') ? `./${place}` : place;
}
