// The files that a new torrent is made of: one, or all in a folder, in the order of their paths' raw bytes so that the same
// folder gives the same torrent. Symbolic links and special files inside are left out, and so are our own `.effusion…` names.

import { constants, type Dirent, type Stats } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../model/error.js';
import { kernelFileSystemOf } from './kernel-files.js';
import { errnoOf, toStorageError } from './storage-failure.js';
import { type TorrentBounds, TorrentBudget } from './torrent-budget.js';

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
export function refuseContent(location: string, errno: string, why: string): StorageError {
  return new StorageError(`cannot make a torrent of ${location}: ${why}`, { operation: 'create', path: location, errno });
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
    throw errnoOf(error) === 'EACCES' ? unreadable(folder, error) : toStorageError('open', folder, error);
  }
}

function decodeName(name: Buffer, folder: string): string {
  try {
    return strictUtf8.decode(name);
  } catch {
    throw refuseContent(path.join(folder, name.toString()), 'EILSEQ', 'its name is not UTF-8: rename it');
  }
}

/** Whether a file, or a folder with all that is in it, is left out. `path`: below the root. */
export type ContentFilter = (path: readonly string[]) => boolean;

export interface ContentWalkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly isLeftOut?: ContentFilter | undefined;
  /** How much has been found so far: after every few files. */
  readonly onFound?: ((files: number, bytes: number) => void) | undefined;
  readonly bounds: TorrentBounds;
}

/** Below one folder. Refuses what can't become a torrent as soon as it is met, and not when all else was read. */
class ContentWalk {
  readonly #root: string;
  readonly #options: ContentWalkOptions;
  readonly #budget: TorrentBudget;
  readonly #found: { file: ContentFile; bytes: Buffer }[] = [];
  /** Device numbers of the file systems that were looked at. */
  readonly #devices = new Set<number>();

  constructor(root: string, options: ContentWalkOptions) {
    this.#root = root;
    this.#options = options;
    this.#budget = new TorrentBudget(options.bounds);
  }

  /** All regular files, in the order of their paths' bytes. */
  async run(): Promise<ContentFile[]> {
    const open: string[][] = [[]];
    for (let parts = open.pop(); parts !== undefined; parts = open.pop()) {
      const files: string[][] = [];
      for (const { inside, isFile } of await this.#list(parts)) (isFile ? files : open).push(inside);
      for (let at = 0; at < files.length; at += STAT_BATCH) await this.#take(files.slice(at, at + STAT_BATCH));
    }
    this.#found.sort((a, b) => a.bytes.compare(b.bytes));
    return this.#found.map(({ file }) => file);
  }

  async #list(parts: readonly string[]): Promise<{ inside: string[]; isFile: boolean }[]> {
    const { signal, isLeftOut = () => false } = this.#options;
    signal?.throwIfAborted();
    const folder = path.join(this.#root, ...parts);
    const { dev } = await statOf(folder);
    if (!this.#devices.has(dev)) await refuseKernelFiles(folder);
    this.#devices.add(dev);
    const listed: { inside: string[]; isFile: boolean }[] = [];
    for (const entry of await entriesOf(folder)) {
      if (!entry.isFile() && !entry.isDirectory()) continue;
      const name = decodeName(entry.name, folder);
      if (name.toLowerCase().startsWith(OWN_PREFIX)) continue;
      const inside = [...parts, name];
      if (!isLeftOut(inside)) listed.push({ inside, isFile: entry.isFile() });
    }
    return listed;
  }

  async #take(batch: readonly string[][]): Promise<void> {
    const { signal, onFound } = this.#options;
    signal?.throwIfAborted();
    const looks = batch.map(async (parts) => {
      const location = path.join(this.#root, ...parts);
      const { size, mtimeMs } = await statOf(location);
      await expectReadable(location);
      return { location, path: parts, length: size, mtimeMs };
    });
    for (const file of await Promise.all(looks)) {
      this.#budget.add(file.path, file.length);
      this.#found.push({ file, bytes: Buffer.from(file.path.join('/')) });
    }
    const { files, bytes, excess } = this.#budget;
    if (excess !== null) throw refuseContent(this.#root, 'EFBIG', `${excess}. Make several, of folders in it`);
    onFound?.(files, bytes);
  }
}

/** Better now than after hours of hashing. */
async function expectReadable(location: string): Promise<void> {
  try {
    await access(location, constants.R_OK);
  } catch (error) {
    if (errnoOf(error) === 'EACCES') throw unreadable(location, error);
    throw toStorageError('open', location, error);
  }
}

function unreadable(location: string, cause: unknown): StorageError {
  const why = 'permission denied: change its permissions, or leave it out (effusion create --exclude)';
  return new StorageError(
    `cannot make a torrent of ${location}: ${why}`,
    { operation: 'create', path: location, errno: 'EACCES' },
    { cause },
  );
}

async function refuseKernelFiles(location: string): Promise<void> {
  const kind = await kernelFileSystemOf(location);
  if (kind !== null) throw refuseContent(location, 'EINVAL', `it is of the kernel (${kind}), and no data`);
}

/** `location` itself may be a symbolic link. Throws StorageError; `EEMPTY` for a folder without files, or with none that is not left out. */
export async function findContent(location: string, options: ContentWalkOptions): Promise<Content> {
  const root = path.resolve(location);
  const top = await statOf(root);
  if (top.isFile()) {
    await refuseKernelFiles(root);
    await expectReadable(root);
    const budget = new TorrentBudget(options.bounds);
    budget.add([], top.size);
    if (budget.excess !== null) throw refuseContent(location, 'EFBIG', budget.excess);
    const file = { location: root, path: [path.basename(root)], length: top.size, mtimeMs: top.mtimeMs };
    return { root, isSingleFile: true, files: [file] };
  }
  if (!top.isDirectory()) throw refuseContent(location, 'ENOTREG', 'it is neither a file nor a folder');
  const files = await new ContentWalk(root, options).run();
  if (files.length === 0) throw refuseContent(location, 'EEMPTY', 'there are no files in it');
  return { root, isSingleFile: false, files };
}

/** Throws StorageError `ECHANGED` where a file's size or time is not any more what it was. */
export async function checkUnchanged(content: Content): Promise<void> {
  for (const file of content.files) {
    const { size, mtimeMs } = await statOf(file.location);
    if (size !== file.length || mtimeMs !== file.mtimeMs) {
      throw refuseContent(file.location, 'ECHANGED', 'it changed while it was read: run it again');
    }
  }
}
