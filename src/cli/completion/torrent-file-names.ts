// The names of the files inside a torrent on the command line, for the completion of options that select some. Whatever is wrong with it is
// no business of a key press: then there are none.

import { readFile, stat } from 'node:fs/promises';
import { CONFIG } from '../../engine/config.js';
import { parseTorrentFile } from '../../metainfo/torrent-file.js';

/** A key press is answered at once or not at all. */
const MAX_BYTES = 16 * 1024 * 1024;

/** In the order of the torrent, without padding. */
export async function torrentFileNames(path: string): Promise<string[]> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return [];
    const { files } = parseTorrentFile(await readFile(path));
    return files
      .filter((file) => !file.isPadding)
      .slice(0, CONFIG.cli.completedFiles)
      .map((file) => file.path.join('/'));
  } catch {
    return [];
  }
}
