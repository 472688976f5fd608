// The names of the files inside a torrent on the command line, for the completion of options that select some. Whatever is wrong with it is
// no business of a key press: then there are none.

import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { CONFIG } from '../../engine/config.js';
import { parseTorrentFile } from '../../metainfo/torrent-file.js';
import { readBoundedFile } from '../bounded-file.js';

/** A key press is answered at once or not at all. */
const MAX_BYTES = 16 * 1024 * 1024;

/** In the order of the torrent, which is that of their numbers, without its own name and padding. */
export async function torrentFileNames(path: string): Promise<string[]> {
  try {
    // A shell hands on what stands on the line, as it stands there.
    const file = path.replace(/^~(?=\/)/, homedir());
    // A pipe would be waited for.
    if (!(await stat(file)).isFile()) return [];
    const bytes = await readBoundedFile(file, MAX_BYTES);
    if (bytes === null) return [];
    const { files, isSingleFile } = parseTorrentFile(bytes);
    return files
      .filter((file) => !file.isPadding)
      .map((file) => (isSingleFile ? file.path : file.path.slice(1)).join('/'))
      .slice(0, CONFIG.cli.completedFiles);
  } catch {
    return [];
  }
}
