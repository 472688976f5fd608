// The names of the files inside a torrent on the command line, for the completion of options that select some. Whatever is wrong with it is
// no business of a key press: then there are none.

import { readFile, stat } from 'node:fs/promises';
import { CONFIG } from '../../engine/config.js';
import { parseTorrentFile } from '../../metainfo/torrent-file.js';

/** A key press is answered at once or not at all. */
const MAX_BYTES = 16 * 1024 * 1024;

/** As `--files` takes them: in the order of the torrent, without its own name and padding. */
export async function torrentFileNames(path: string): Promise<string[]> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) return [];
    const { files, isSingleFile } = parseTorrentFile(await readFile(path));
    return (
      files
        .filter((file) => !file.isPadding)
        .map((file) => (isSingleFile ? file.path : file.path.slice(1)).join('/'))
        // What --files would read as numbers, an exclusion or a regular expression, is no name to it.
        .filter((name) => !/^(?:[!/]|[\d,-]+$)/.test(name))
        .slice(0, CONFIG.cli.completedFiles)
    );
  } catch {
    return [];
  }
}
