// A torrent file from where it lies (a path, stdin, a web server) to a checked torrent: read with a size cap, and what is wrong said
// in terms of the user, such as a file that is nearly called so. Exit 3, or 6 where a web server is away or has a fault of its own.

import { promises } from 'node:fs';
import path from 'node:path';
import { CONFIG } from '../engine/config.js';
import type { EgressOptions } from '../engine/egress.js';
import { fetchTorrentFrom } from '../engine/torrent-fetch.js';
import type { Address } from '../model/address.js';
import { MetainfoError } from '../model/error.js';
import { redactUrl } from '../model/redact-url.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { parseTorrentFile } from '../metainfo/torrent-file.js';
import { readBoundedFile } from './bounded-file.js';
import { CommandError } from './command-error.js';
import { findNearestName } from './edit-distance.js';
import { describeForeignBytes } from './foreign-bytes.js';
import { errnoOf, fileReason } from './file-reason.js';
import { sanitise } from './render/sanitise.js';
import { namedMetainfoError, parseTorrentArgument, type TorrentArgument } from './torrent-argument.js';
import { UsageError } from './usage-error.js';
import { unoptimised } from './unoptimised.js';

const MAX_BYTES = CONFIG.download.maxTorrentBytes;
/** Characters of a link's name. */
const MAX_SHOWN_LINK = 60;
/** Names of a folder that are compared for "did you mean". */
const MAX_COMPARED_NAMES = 5000;

/** The torrent that a file, stdin or a URL holds. Throws CommandError (torrent_unreadable), what `fetchTorrentFrom` rejects with, MetainfoError or UsageError. */
export async function loadTorrent(argument: string, way: EgressOptions = {}): Promise<Metainfo> {
  const parsed = parseTorrentArgument(argument);
  if (parsed.kind === 'magnet') {
    const hint = `Fetch its torrent file first: effusion metadata MAGNET -o FILE.torrent.`;
    throw new UsageError(`${sanitise(parsed.text, MAX_SHOWN_LINK)}: a torrent file is needed here, not a link`, hint);
  }
  return (await readTorrentFile(parsed, way)).metainfo;
}

export interface LoadedTorrent {
  readonly metainfo: Metainfo;
  /** The file as it is, with everything in it that we don't know. */
  readonly bytes: Uint8Array;
  /** Who sent it; null: it is the user's own. */
  readonly server: Address | null;
}

/** `signal` ends a request to a web server. */
export async function readTorrentFile(
  argument: Exclude<TorrentArgument, { kind: 'magnet' }>,
  way: EgressOptions = {},
  signal?: AbortSignal,
): Promise<LoadedTorrent> {
  const where = nameOf(argument);
  const { bytes, server } = await readTorrent(argument, way, signal);
  try {
    return { metainfo: unoptimised(() => parseTorrentFile(bytes)), bytes, server };
  } catch (error) {
    if (!(error instanceof MetainfoError)) throw error;
    throw describeForeignBytes(bytes, where, error) ?? namedMetainfoError(where, error);
  }
}

function nameOf(argument: Exclude<TorrentArgument, { kind: 'magnet' }>): string {
  if (argument.kind === 'stdin') return 'stdin';
  return argument.kind === 'url' ? redactUrl(argument.url) : argument.path;
}

async function readTorrent(
  argument: Exclude<TorrentArgument, { kind: 'magnet' }>,
  way: EgressOptions,
  signal?: AbortSignal,
): Promise<Omit<LoadedTorrent, 'metainfo'>> {
  if (argument.kind === 'url') return fetchTorrentFrom(argument.url, way, signal);
  return { bytes: await (argument.kind === 'stdin' ? readStdin() : readTorrentBytes(argument.path)), server: null };
}

/** Whatever kind of thing stdin is: a file, a pipe, or a socket, which cannot be opened by a name. */
async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let total = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > MAX_BYTES) throw tooLarge('stdin');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError('torrent_unreadable', `cannot read stdin: ${reason}`, 'Name the torrent file instead.', {
      cause: error,
    });
  }
  return new Uint8Array(Buffer.concat(chunks, total));
}

function tooLarge(where: string): CommandError {
  const size = `larger than ${MAX_BYTES / 1024 / 1024} MiB`;
  return new CommandError('torrent_unreadable', `${where}: ${size}`, 'Is it really a torrent file?');
}

async function readTorrentBytes(file: string): Promise<Uint8Array> {
  try {
    const bytes = await readBoundedFile(file, MAX_BYTES);
    if (bytes === null) throw tooLarge(file);
    return bytes;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw await describeUnreadable(file, error, false);
  }
}

/** `isFolderMeant`: a folder of nearly that name may have been. */
export async function describeUnreadable(file: string, error: unknown, isFolderMeant: boolean): Promise<CommandError> {
  const near = errnoOf(error) === 'ENOENT' ? await findNear(file, isFolderMeant) : null;
  const isFolder = errnoOf(error) === 'EISDIR';
  const otherwise = isFolder ? 'Name a torrent file; effusion create makes one of a folder.' : 'Check the path.';
  const hint = near === null ? otherwise : `Did you mean ${sanitise(near)}?`;
  return new CommandError('torrent_unreadable', `cannot read ${file}: ${fileReason(error)}`, hint, { cause: error });
}

/** What is in the same folder and differs in its name by a slip or two. */
async function findNear(file: string, isFolderMeant: boolean): Promise<string | null> {
  try {
    const entries = await promises.readdir(path.dirname(file), { withFileTypes: true });
    const names = entries.filter((entry) => isFolderMeant || !entry.isDirectory()).map(({ name }) => name);
    const base = path.basename(file);
    const exact = [`${base}.torrent`, base.replace(/\.torrent$/, '')].find((name) => name !== base && names.includes(name));
    const near = exact ?? findNearestName(base, names.slice(0, MAX_COMPARED_NAMES));
    return near === null ? null : path.join(path.dirname(file), near);
  } catch {
    return null;
  }
}
