// `effusion create PATH`: a torrent of a file or a folder, with what was asked for in it and nothing else, so that the same input makes the
// same bytes each time.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { CreateOptions as TorrentOptions } from '../../engine/torrent-files.js';
import { formatMagnet, magnetOf } from '../../metainfo/magnet-format.js';
import type { CommandContext } from '../command-context.js';
import { ContentExcludes } from '../content-excludes.js';
import { expectName } from '../edit-options.js';
import { EXIT } from '../exit-codes.js';
import { makeTorrent } from '../made-torrent.js';
import { formatBytes, formatCount } from '../render/human-numbers.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { dataBytes, infoHashText, toTorrentJson } from '../render/torrent-text.js';
import { refuseExistingTarget, writeTorrent } from '../torrent-output.js';
import { UsageError } from '../usage-error.js';

export interface CreateOptions {
  readonly output?: string;
  readonly pieceLength?: number;
  readonly tracker?: readonly (readonly string[])[];
  readonly webSeed?: readonly string[];
  readonly private?: boolean;
  readonly comment?: string;
  readonly name?: string;
  readonly source?: string;
  /** Patterns of files and folders that do not go in. */
  readonly exclude?: readonly string[];
  /** What operating systems leave in folders does not go in. */
  readonly defaultExcludes: boolean;
  /** The link is printed too. */
  readonly magnet?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

const EXISTS_HINT = 'Choose another name with --output, or replace it with --force.';

export async function create(source: string, options: CreateOptions, context: CommandContext): Promise<number> {
  await expectSource(source);
  if (options.name !== undefined) expectName(options.name);
  const name = options.name ?? path.basename(path.resolve(source));
  const target = options.output ?? `${name}.torrent`;
  if (options.force !== true) await refuseExistingTarget(target, EXISTS_HINT);
  const excludes = new ContentExcludes(options.exclude ?? [], options.defaultExcludes);
  const created = await makeTorrent(source, toTorrentOptions(options), excludes, context);
  await writeTorrent(target, created.bytes, { isForced: options.force === true, hint: EXISTS_HINT });
  const { metainfo } = created;
  const leftOut = excludes.describe();
  if (leftOut !== null) context.board.log(leftOut);
  const link = options.magnet === true ? formatMagnet(magnetOf(metainfo)) : null;
  if (options.json === true) {
    context.stdout.line(
      formatJson({ torrent: path.resolve(target), ...toTorrentJson(metainfo), ...(link === null ? {} : { magnet: link }) }),
    );
    return EXIT.ok;
  }
  const { pieceCount, standardPieceLength } = metainfo.geometry;
  const files = formatCount(metainfo.files.filter((file) => !file.isPadding).length, 'file');
  const pieces = `${formatCount(pieceCount, 'piece')} of ${formatBytes(standardPieceLength)}`;
  context.board.log(`${sanitise(metainfo.name)}: ${files}, ${formatBytes(dataBytes(metainfo))}, ${pieces}`);
  context.board.log(`info hash ${infoHashText(metainfo)}`);
  context.stdout.line(target);
  if (link !== null) context.stdout.line(link);
  return EXIT.ok;
}

function toTorrentOptions(options: CreateOptions): TorrentOptions {
  return {
    ...(options.pieceLength === undefined ? {} : { pieceLength: options.pieceLength }),
    ...(options.tracker === undefined ? {} : { trackers: options.tracker.filter((tier) => tier.length > 0) }),
    ...(options.webSeed === undefined ? {} : { webSeeds: options.webSeed }),
    ...(options.private === true ? { isPrivate: true } : {}),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.source === undefined || options.source === '' ? {} : { source: options.source }),
  };
}

async function expectSource(source: string): Promise<void> {
  try {
    await stat(source);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new UsageError(`there is no file or folder ${source}`, 'Check the path.');
    }
    // Anything else is told better by the code that reads it.
  }
}
