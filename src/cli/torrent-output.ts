// A torrent file that a command writes: whole or not at all, so that nobody ever reads half of one. Written beside its place, flushed, and put
// under its name in one step; one that is there already is replaced only where that was asked for.

import { chmod, link, lstat, open, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StorageError } from '../model/error.js';
import { CommandError } from './command-error.js';

const ELSEWHERE = 'Name another place.';
const CAUSES: Record<string, readonly [why: string, advice: string]> = {
  ENOENT: ['its folder does not exist', 'Make it, or name another place.'],
  ENOTDIR: ['a part of the path is a file, not a folder', ELSEWHERE],
  EACCES: ['permission denied', ELSEWHERE],
  EROFS: ['the file system is read-only', ELSEWHERE],
  EISDIR: ['a folder of that name is in the way', ELSEWHERE],
  ENOSPC: ['no space left on the device', 'Free some space and run it again.'],
};

/** Several may be under way in one folder. */
let drafts = 0;

export interface TorrentOutput {
  /** An existing file gives way, and keeps its mode and, where it is a symbolic link, its name. */
  readonly isForced: boolean;
  /** What to do about an existing file: a whole sentence. */
  readonly hint: string;
}

/** Throws CommandError (output_failed) where it is there already, and StorageError. */
export async function writeTorrent(target: string, bytes: Uint8Array, { isForced, hint }: TorrentOutput): Promise<void> {
  // Where it is a link: the file that it leads to.
  const place = isForced ? await realpath(target).catch(() => target) : target;
  const draft = path.join(path.dirname(place), `.effusion-${process.pid}-${++drafts}.torrent`);
  try {
    if (await isStream(target)) {
      await writeFile(target, bytes);
      return;
    }
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (isForced) await replace(draft, place);
    else await putNew(draft, place);
  } catch (error) {
    await unlink(draft).catch(() => {});
    const errno = errnoOf(error);
    if (errno === 'EEXIST') throw refuseExisting(target, hint, error);
    const [why, advice] = CAUSES[errno] ?? [error instanceof Error ? error.message : String(error), ELSEWHERE];
    throw new StorageError(
      `cannot write ${target}: ${why} (${errno})`,
      { operation: 'write', path: target, errno },
      { cause: error, advice },
    );
  }
}

/** Before long work; `writeTorrent` looks again. Throws CommandError. */
export async function refuseExistingTarget(target: string, hint: string): Promise<void> {
  if (!(await isStream(target)) && (await isThere(target))) throw refuseExisting(target, hint, undefined);
}

function refuseExisting(target: string, hint: string, cause: unknown): CommandError {
  return new CommandError('output_failed', `${target}: it exists (EEXIST)`, hint, { cause });
}

async function replace(draft: string, place: string): Promise<void> {
  const mode = await stat(place).then(
    (found) => (found.isFile() ? found.mode : null),
    () => null,
  );
  if (mode !== null) await chmod(draft, mode);
  await rename(draft, place);
}

/** A hard link is refused where the name is taken; where the file system has none, a look before the renaming has to do. */
async function putNew(draft: string, place: string): Promise<void> {
  try {
    await link(draft, place);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw error;
    if (await isThere(place)) throw Object.assign(new Error('it exists'), { code: 'EEXIST' });
    await rename(draft, place);
    return;
  }
  await unlink(draft);
}

/** `/dev/stdout`, a pipe with a name: nothing that could be replaced, or that would have to be. What a command says must not follow in it. */
export async function isStream(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => !found.isFile() && !found.isDirectory(),
    () => false,
  );
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
}
