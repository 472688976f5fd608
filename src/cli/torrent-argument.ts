// From the word FILE.torrent to a checked torrent: reads it with a size cap and says what is wrong in terms of the user:
// a link that is not supported yet, a mistyped command, a file that is nearly called so. Exit 3, or 2 where it is no file.

import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { MetainfoError } from '../model/error.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { parseTorrentFile } from '../metainfo/torrent-file.js';
import { CommandError } from './command-error.js';
import { findNearest } from './edit-distance.js';
import { sanitise } from './render/sanitise.js';
import { UsageError } from './usage-error.js';

/** The largest torrents seen are near 50 MiB; the parser has the same limit. */
const MAX_TORRENT_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 256 * 1024;
/** Names of a folder that are compared for "did you mean". */
const MAX_COMPARED_NAMES = 5000;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
};

/** Throws CommandError (torrent_unreadable), MetainfoError whose message names file and field, or UsageError for what is no file. */
export async function loadTorrent(argument: string): Promise<Metainfo> {
  refuseLinks(argument);
  const bytes = await readTorrentBytes(argument);
  try {
    return parseTorrentFile(bytes);
  } catch (error) {
    if (!(error instanceof MetainfoError)) throw error;
    const field = error.detail.path;
    const named = field === '' || error.message.includes(field) ? error.message : `${field}: ${error.message}`;
    throw new MetainfoError(`${argument}: not a usable torrent: ${named}`, error.detail, { cause: error });
  }
}

function refuseLinks(argument: string): void {
  const isLink = /^(magnet:|https?:\/\/|udp:\/\/)/i.test(argument);
  if (isLink || /^([0-9a-f]{40}|[a-z2-7]{32})$/i.test(argument)) {
    const kind = /^magnet:/i.test(argument) ? 'magnet links' : isLink ? 'URLs' : 'info hashes';
    throw new UsageError(
      `${sanitise(argument, 60)}: ${kind} are not supported yet`,
      'Save the .torrent file and name it instead.',
    );
  }
}

async function readTorrentBytes(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, 'r');
    try {
      const chunks: Buffer[] = [];
      let total = 0;
      // Not by the size that stat says: pipes and /proc have none, and a file may grow.
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
        if (bytesRead === 0) break;
        total += bytesRead;
        if (total > MAX_TORRENT_BYTES) {
          throw new CommandError(
            'torrent_unreadable',
            `${file}: larger than ${MAX_TORRENT_BYTES / 1024 / 1024} MiB`,
            'Is it really a torrent file?',
          );
        }
        chunks.push(buffer.subarray(0, bytesRead));
      }
      return new Uint8Array(Buffer.concat(chunks, total));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
    const reason = REASONS[errno] ?? (error instanceof Error ? error.message : String(error));
    const near = errno === 'ENOENT' ? await findNearFile(file) : null;
    const hint = near === null ? 'Check the path.' : `Did you mean ${sanitise(near)}?`;
    throw new CommandError('torrent_unreadable', `cannot read ${file}: ${reason} (${errno})`, hint, { cause: error });
  }
}

/** A file of the same folder whose name differs by a slip or two. */
async function findNearFile(file: string): Promise<string | null> {
  try {
    const names = await readdir(path.dirname(file));
    const near = findNearest(path.basename(file), names.slice(0, MAX_COMPARED_NAMES));
    return near === null ? null : path.join(path.dirname(file), near);
  } catch {
    return null;
  }
}
