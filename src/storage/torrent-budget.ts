// How much one torrent may hold, counted while its files are found: a torrent file that is too large for readers (ours included) is refused
// when it begins to be, and not after the whole disk was walked and hashed. The sizes are those of BEP 3's info dictionary.

import { SHA1_BYTES } from '../hash/digest.js';

export interface TorrentBounds {
  /** Bytes of the torrent file. */
  readonly maxTorrentBytes: number;
  /** Bencoded values in it. */
  readonly maxNodes: number;
  /** Bytes; of the longest pieces that may be chosen. */
  readonly pieceLength: number;
}

/** `d6:lengthie4:pathlee`: what stands in the list for each file besides its numbers and names. */
const FILE_FRAME_BYTES = 20;
/** The dictionary, two keys, the length, the list of names. */
const FILE_NODES = 5;

export class TorrentBudget {
  readonly #bounds: TorrentBounds;
  #files = 0;
  #bytes = 0;
  #listBytes = 0;
  #nodes = 0;

  constructor(bounds: TorrentBounds) {
    this.#bounds = bounds;
  }

  get files(): number {
    return this.#files;
  }

  /** Of the data. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `path`: below the torrent's folder. */
  add(path: readonly string[], length: number): void {
    this.#files++;
    this.#bytes += length;
    this.#nodes += FILE_NODES + path.length;
    this.#listBytes += FILE_FRAME_BYTES + String(length).length;
    for (const name of path) {
      const bytes = Buffer.byteLength(name);
      this.#listBytes += String(bytes).length + 1 + bytes;
    }
  }

  /** Why no torrent can hold what was added; null where one can. */
  get excess(): string | null {
    const { maxTorrentBytes, maxNodes, pieceLength } = this.#bounds;
    const hashBytes = Math.ceil(this.#bytes / pieceLength) * SHA1_BYTES;
    const limit = `a torrent file of more than ${Math.floor(maxTorrentBytes / 2 ** 20)} MiB`;
    if (hashBytes > maxTorrentBytes)
      return `its ${Math.round(this.#bytes / 2 ** 40)} TiB would need ${limit}, for the hashes alone`;
    if (hashBytes + this.#listBytes > maxTorrentBytes) return `its files, ${this.#files} so far, would need ${limit}`;
    if (this.#nodes > maxNodes) return `it has more files than a torrent can hold: ${this.#files} so far`;
    return null;
  }
}
