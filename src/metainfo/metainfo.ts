// What a torrent file says, checked: everything here is safe to use as it stands. Made by `parseTorrentFile` only.
// Facts without behaviour: whoever holds one need not check it again.

import type { Geometry } from '../model/geometry.js';
import type { InfoHash } from '../model/ids.js';

export interface MetainfoFile {
  /**
   * Where it lies, relative to the output folder: safe components, the torrent's name first (for a single file that is all).
   * Unique among the files that are on disk; meaningless where `isPadding`.
   */
  readonly path: readonly string[];
  /** Bytes; may be 0. */
  readonly length: number;
  /** Of its first byte in the torrent's bytes laid end to end. */
  readonly offset: number;
  /** Not on disk and all zeros: a padding file (BEP 47). A symbolic link, which we don't make, is one of length 0. */
  readonly isPadding: boolean;
  /** The letters of BEP 47's `attr`: `x` executable, `h` hidden, `p` padding, `l` symbolic link. */
  readonly attributes?: string;
}

/** A DHT node named by the torrent (BEP 5). The host may be a name. */
export interface MetainfoNode {
  readonly host: string;
  readonly port: number;
}

/** What the info dictionary says: the part that the info hash covers, and all that a magnet link fetches. */
export interface InfoFields {
  /** `v1` is always set; `v2` too for a hybrid torrent (BEP 52). */
  readonly infoHash: InfoHash;
  /** The raw info dictionary, of which `infoHash` is the digest. */
  readonly infoBytes: Uint8Array;
  /** One safe component: the file's or the folder's name. */
  readonly name: string;
  /** In the torrent's order; never empty. */
  readonly files: readonly MetainfoFile[];
  readonly isSingleFile: boolean;
  readonly geometry: Geometry;
  /** 20 bytes for each piece, end to end. */
  readonly pieceHashes: Uint8Array;
  /** BEP 27: peers come from its trackers only. */
  readonly isPrivate: boolean;
  /** Carries a v2 half as well, which is not used. */
  readonly isHybrid: boolean;
  /** False where keys of the info dictionary are out of order: re-encoding it would change the info hash. */
  readonly isCanonical: boolean;
}

export interface Metainfo extends InfoFields {
  /** BEP 12, outermost the tiers; without duplicates and empty tiers. URLs are as the file has them, of any scheme. */
  readonly announceTiers: readonly (readonly string[])[];
  /** BEP 19. */
  readonly webSeeds: readonly string[];
  readonly nodes: readonly MetainfoNode[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970. */
  readonly creationDate?: number;
  readonly encoding?: string;
}
