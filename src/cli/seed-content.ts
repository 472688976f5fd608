// `effusion seed PATH`: the torrent of a file or folder, made in memory as `create` makes it, and what its options may be. The data stays where
// it is, under its own name; a symbolic link is seeded by its own name, from where it leads to.

import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { formatMagnet, magnetOf } from '../metainfo/magnet-format.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Placement } from '../metainfo/placement.js';
import type { CommandContext } from './command-context.js';
import { ContentExcludes } from './content-excludes.js';
import { makeTorrent } from './made-torrent.js';
import type { PlacementCommandOptions } from './place-options.js';
import type { SeedSource } from './seed-source.js';
import { refuseExistingTarget, writeTorrent } from './torrent-output.js';
import { UsageError } from './usage-error.js';

/** Of a torrent that is made; of others they have no use, but for the trackers, which are asked before those of its file. */
export interface ContentOptions {
  readonly tracker?: readonly (readonly string[])[];
  readonly private?: boolean;
  readonly pieceLength?: number;
  /** The torrent file to write. */
  readonly save?: string;
  /** Those of these options that were typed, as they are written: settings give way in silence. */
  readonly typedForContent?: readonly string[];
}

export interface MadeContent {
  readonly metainfo: Metainfo;
  /** Holds the data. */
  readonly folder: string;
  /** Of the data in that folder. */
  readonly placement: Placement;
  readonly magnet: string;
}

const SAVE_HINT = 'Choose another name with --save.';

/** Before any work. `sources`: of all arguments. Throws UsageError, and CommandError where the file to write is there already. */
export async function checkContentOptions(
  options: ContentOptions & PlacementCommandOptions,
  sources: readonly SeedSource[],
): Promise<void> {
  const { tracker = [], typedForContent = [], save } = options;
  const count = sources.filter((source) => source === 'content').length;
  if (count === 0) {
    // What is not there may have been meant as data.
    if (typedForContent.length === 0 || sources.includes('missing')) return;
    const hint = 'Leave it out, or name the file or folder itself.';
    throw new UsageError(`${typedForContent[0]} is for a torrent that is made of a file or folder`, hint);
  }
  const placing = [
    ...(options.name === undefined ? [] : ['--name']),
    ...(options.stripComponents === undefined ? [] : ['--strip-components']),
    ...(options.rename === undefined ? [] : ['--rename']),
  ];
  if (placing.length > 0) {
    throw new UsageError(
      `${placing[0]} says where the data of a torrent file is, and a file or folder is data itself`,
      'Leave it out, or make the torrent first with effusion create.',
    );
  }
  if (options.private === true && tracker.length === 0) {
    throw new UsageError(
      '--private without a tracker: peers may come from trackers only, so nobody would come',
      'Name one with --tracker URL.',
    );
  }
  if (save === undefined) return;
  if (count > 1) throw new UsageError(`--save is for one torrent, and there are ${count}`, 'Give each a run of its own.');
  await refuseExistingTarget(save, SAVE_HINT);
}

/** Hashes it all, and writes the torrent file where that was asked for. Rejects as `makeTorrent` and `writeTorrent` do. */
export async function makeContent(
  location: string,
  { tracker = [], private: isPrivate = false, pieceLength, save }: ContentOptions,
  signal: AbortSignal,
  context: CommandContext,
): Promise<MadeContent> {
  const place = await realpath(location);
  const excludes = new ContentExcludes([], true);
  const { metainfo, bytes } = await makeTorrent(
    place,
    {
      name: path.basename(path.resolve(location)),
      trackers: tracker.filter((tier) => tier.length > 0),
      isPrivate,
      signal,
      ...(pieceLength === undefined ? {} : { pieceLength }),
    },
    excludes,
    context,
  );
  const leftOut = excludes.describe();
  if (leftOut !== null) context.board.log(leftOut);
  if (save !== undefined) await writeTorrent(save, bytes, { isForced: false, hint: SAVE_HINT });
  const name = path.basename(place);
  return {
    metainfo,
    folder: path.dirname(place),
    placement: name === metainfo.name ? {} : { name },
    magnet: formatMagnet(magnetOf(metainfo)),
  };
}
