// What `effusion seed` is given: a torrent file, whose data lies elsewhere, or data itself, of which a torrent is made. Told apart by what
// is in a file, as its name may be anything; only who calls a file .torrent means one in any case, so that a broken one is not served as data.

import { open, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CONFIG } from '../engine/config.js';
import { isTorrentFile } from '../metainfo/torrent-file.js';
import { MetainfoError } from '../model/error.js';
import type { CommandError } from './command-error.js';
import { describeUnreadable } from './torrent-file-argument.js';
import type { TorrentItem } from './torrent-list.js';

/** `missing`: there is nothing of that name, so it may have been meant as either. `special`: a device or a socket. */
export type SeedSource = 'torrent' | 'content' | 'missing' | 'special';

/** Never rejects: what can't be read is a torrent, whose reader says why. */
export async function findSeedSource({ argument }: TorrentItem): Promise<SeedSource> {
  if (argument instanceof MetainfoError || argument.kind !== 'file') return 'torrent';
  const file = argument.path;
  try {
    const found = await stat(file);
    if (found.isDirectory()) return 'content';
    if (found.isCharacterDevice() || found.isBlockDevice() || found.isSocket()) return 'special';
    // A pipe can be read once.
    if (!found.isFile() || path.extname(file).toLowerCase() === '.torrent') return 'torrent';
    if (found.size > CONFIG.download.maxTorrentBytes || !(await beginsAsDictionary(file))) return 'content';
    return isTorrentFile(await readFile(file)) ? 'torrent' : 'content';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'missing' : 'torrent';
  }
}

/** Whether it is worth to be read to its end. */
async function beginsAsDictionary(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, 0);
    return bytesRead === 1 && buffer.toString('latin1') === 'd';
  } finally {
    await handle.close();
  }
}

/** There is nothing of that name, which may have been meant as a torrent, a file or a folder: what the system says of it. */
export async function describeAbsent(file: string): Promise<CommandError> {
  return describeUnreadable(
    file,
    await stat(file).then(
      () => null,
      (error: unknown) => error,
    ),
    true,
  );
}
