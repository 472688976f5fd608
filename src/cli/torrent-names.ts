// What the torrents of one run are called in its lines: by their names, and where another one has the same name, by the beginning of the
// info hash too.

import type { Metainfo } from '../metainfo/metainfo.js';
import { sanitise } from './render/sanitise.js';
import { infoHashText } from './render/torrent-text.js';

/** Hexadecimal digits: as in the names of files of ours. */
const SHOWN_DIGITS = 8;

/** `album (1f2e3d4c)`: for where a name alone may mean several. */
export function nameWithHash(metainfo: Metainfo): string {
  return `${sanitise(metainfo.name)} (${infoHashText(metainfo).slice(0, SHOWN_DIGITS)})`;
}

export class TorrentNames {
  /** By name: who has it. */
  readonly #owners = new Map<string, string>();

  /** Printable. Whoever comes first has the plain name, as lines with it may be written by then. */
  nameOf(metainfo: Metainfo): string {
    const name = sanitise(metainfo.name);
    const infoHash = infoHashText(metainfo);
    const owner = this.#owners.get(name);
    if (owner !== undefined && owner !== infoHash) return nameWithHash(metainfo);
    this.#owners.set(name, infoHash);
    return name;
  }
}
