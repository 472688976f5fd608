// `effusion create PATH`: a torrent of a file or a folder. Written beside its place and renamed, so that nobody ever reads
// half of one.

import { access, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { createTorrent, type CreateOptions as TorrentOptions } from '../../engine/torrent-files.js';
import { EffusionError, StorageError } from '../../model/error.js';
import { openCheckProgress } from '../check-progress.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes, formatCount } from '../render/human-numbers.js';
import { formatJson, sanitise } from '../render/sanitise.js';
import { dataBytes, infoHashText, toTorrentJson } from '../render/torrent-text.js';
import { UsageError } from '../usage-error.js';

export interface CreateOptions {
  readonly output?: string;
  readonly pieceLength?: number;
  readonly tracker?: readonly (readonly string[])[];
  readonly webSeed?: readonly string[];
  readonly private?: boolean;
  readonly comment?: string;
  readonly name?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export async function create(source: string, options: CreateOptions, context: CommandContext): Promise<number> {
  await expectSource(source);
  const name = options.name ?? path.basename(path.resolve(source));
  const target = options.output ?? `${name}.torrent`;
  if (options.force !== true && (await exists(target))) {
    throw new UsageError(`${target} is already there`, 'Choose another name with --output, or replace it with --force.');
  }
  const progress = openCheckProgress(name, context);
  const created = await createTorrent(source, { ...toTorrentOptions(options), onProgress: progress.update })
    .catch((error: unknown) => {
      throw toUsageError(error);
    })
    .finally(progress.close);
  await write(target, created.bytes);
  const { metainfo } = created;
  if (options.json === true) {
    context.stdout.line(formatJson({ torrent: path.resolve(target), ...toTorrentJson(metainfo) }));
    return EXIT.ok;
  }
  const { pieceCount, standardPieceLength } = metainfo.geometry;
  const files = formatCount(metainfo.files.filter((file) => !file.isPadding).length, 'file');
  const pieces = `${formatCount(pieceCount, 'piece')} of ${formatBytes(standardPieceLength)}`;
  context.board.log(`${sanitise(metainfo.name)}: ${files}, ${formatBytes(dataBytes(metainfo))}, ${pieces}`);
  context.board.log(`info hash ${infoHashText(metainfo)}`);
  context.stdout.line(target);
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

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

const CAUSES: Record<string, string> = {
  ENOENT: 'its folder does not exist: make it, or name another place with --output',
  ENOTDIR: 'a part of the path is a file, not a folder: name another place with --output',
  EACCES: 'permission denied: name another place with --output',
  EROFS: 'the file system is read-only: name another place with --output',
  EISDIR: 'a folder of that name is in the way: name another place with --output',
  ENOSPC: 'no space left on the device: free some space and run it again',
};

/** Beside it first, synced, then under its name in one step. */
async function write(target: string, bytes: Uint8Array): Promise<void> {
  const draft = path.join(path.dirname(target), `.effusion-${process.pid}.torrent`);
  try {
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, target);
  } catch (error) {
    await unlink(draft).catch(() => {});
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    const why = CAUSES[errno] ?? (error instanceof Error ? error.message : String(error));
    throw new StorageError(
      `cannot write ${target}: ${why} (${errno})`,
      { operation: 'write', path: target, errno },
      { cause: error },
    );
  }
}

/** A wish that cannot be met is the user's affair. */
function toUsageError(error: unknown): unknown {
  return error instanceof EffusionError && error.code === 'invalid_option' ? new UsageError(error.message) : error;
}
