// The files that a new torrent is made of: one, or all in a folder, in the order of their paths' raw bytes so that the same
// folder gives the same torrent. Symbolic links and special files inside are left out, and so are our own `.effusion…` names.

import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../model/error.js';
import { toStorageError } from './storage-failure.js';

interface ContentFile {
  /** Where it is. */
  readonly location: string;
  /** Below the folder; for a single file its name. */
  readonly path: readonly string[];
  readonly length: number;
  readonly mtimeMs: number;
}

export interface Content {
  /** Absolute. */
  readonly root: string;
  readonly isSingleFile: boolean;
  /** Never empty. */
  readonly files: readonly ContentFile[];
}

const OWN_PREFIX = '.effusion';
/** Files looked at together. */
const STAT_BATCH = 64;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A refusal with words of its own. */
export function refuseContent(location: string, errno: string, why: string, advice: string): StorageError {
  return new StorageError(
    `cannot make a torrent of ${location}: ${why}`,
    { operation: 'create', path: location, errno },
    { advice },
  );
}

async function statOf(location: string): Promise<Stats> {
  try {
    return await stat(location);
  } catch (error) {
    throw toStorageError('stat', location, error);
  }
}

async function entriesOf(folder: string): Promise<Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    throw toStorageError('open', folder, error);
  }
}

function decodeName(name: Buffer, folder: string): string {
  try {
    return strictUtf8.decode(name);
  } catch {
    throw refuseContent(path.join(folder, name.toString()), 'EILSEQ', 'its name is not UTF-8', 'Rename it.');
  }
}

/** Whether a file, or a folder with all that is in it, is left out. `path`: below the root. */
export type ContentFilter = (path: readonly string[]) => boolean;

/** Paths of all regular files below the folder, unsorted. */
async function walk(root: string, signal: AbortSignal | undefined, isLeftOut: ContentFilter): Promise<string[][]> {
  const found: string[][] = [];
  const open: string[][] = [[]];
  for (let parts = open.pop(); parts !== undefined; parts = open.pop()) {
    signal?.throwIfAborted();
    const folder = path.join(root, ...parts);
    for (const entry of await entriesOf(folder)) {
      if (!entry.isFile() && !entry.isDirectory()) continue;
      const name = decodeName(entry.name, folder);
      if (name.toLowerCase().startsWith(OWN_PREFIX)) continue;
      const inside = [...parts, name];
      if (!isLeftOut(inside)) (entry.isFile() ? found : open).push(inside);
    }
  }
  return found;
}

/** `location` itself may be a symbolic link. Throws StorageError; `EEMPTY` for a folder without files, or with none that is not left out. */
export async function findContent(
  location: string,
  signal?: AbortSignal,
  isLeftOut: ContentFilter = () => false,
): Promise<Content> {
  const root = path.resolve(location);
  const top = await statOf(root);
  if (top.isFile()) {
    const file = { location: root, path: [path.basename(root)], length: top.size, mtimeMs: top.mtimeMs };
    return { root, isSingleFile: true, files: [file] };
  }
  if (!top.isDirectory())
    throw refuseContent(location, 'ENOTREG', 'it is neither a file nor a folder', 'Name a file or a folder.');
  const paths = (await walk(root, signal, isLeftOut)).map((parts) => ({ parts, bytes: Buffer.from(parts.join('/')) }));
  if (paths.length === 0) throw refuseContent(location, 'EEMPTY', 'there are no files in it', 'Name a folder with files in it.');
  paths.sort((a, b) => a.bytes.compare(b.bytes));
  const files: ContentFile[] = [];
  for (let at = 0; at < paths.length; at += STAT_BATCH) {
    signal?.throwIfAborted();
    const batch = paths.slice(at, at + STAT_BATCH).map(async ({ parts }) => {
      const file = path.join(root, ...parts);
      const { size, mtimeMs } = await statOf(file);
      return { location: file, path: parts, length: size, mtimeMs };
    });
    files.push(...(await Promise.all(batch)));
  }
  return { root, isSingleFile: false, files };
}

/** Throws StorageError `ECHANGED` where a file's size or time is not any more what it was. */
export async function checkUnchanged(content: Content): Promise<void> {
  for (const file of content.files) {
    const { size, mtimeMs } = await statOf(file.location);
    if (size !== file.length || mtimeMs !== file.mtimeMs) {
      throw refuseContent(file.location, 'ECHANGED', 'it changed while it was read', 'Run it again.');
    }
  }
}
