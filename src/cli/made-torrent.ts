// A torrent of a file or folder on the disk, with progress while it is hashed: what `create` writes down, and `seed` of a file or folder
// serves at once. What an operating system leaves in folders goes into neither, so that both make the same torrent of the same data.

import path from 'node:path';
import { type CreatedTorrent, createTorrent, type CreateOptions } from '../engine/torrent-files.js';
import { EffusionError } from '../model/error.js';
import { openCheckProgress } from './check-progress.js';
import type { CommandContext } from './command-context.js';
import type { ContentExcludes } from './content-excludes.js';
import { UsageError } from './usage-error.js';

/** Rejects with StorageError, UsageError or the signal's reason. */
export async function makeTorrent(
  source: string,
  options: CreateOptions,
  excludes: ContentExcludes,
  context: CommandContext,
): Promise<CreatedTorrent> {
  const progress = openCheckProgress(options.name ?? path.basename(path.resolve(source)), context);
  const isLeftOut = (file: readonly string[]): boolean => excludes.leavesOut(file);
  try {
    return await createTorrent(source, { ...options, isLeftOut, onFound: progress.found, onProgress: progress.update });
  } catch (error) {
    // A wish that cannot be met is the user's affair.
    throw error instanceof EffusionError && error.code === 'invalid_option' ? new UsageError(error.message) : error;
  } finally {
    progress.close();
  }
}
