// A new .torrent file (BEP 3, 12, 19, 27): the same bytes for the same input, keys in order, nothing in it that was not given.
// Made byte by byte from its own fields; an info dictionary that somebody else wrote goes in as it is, since its hash is the torrent.

import { encode, Encoded, type Encodable } from '../bencode/encode.js';
import type { Metainfo } from './metainfo.js';

interface NewTorrentFile {
  /** Below the torrent's folder; not used for a single file. */
  readonly path: readonly string[];
  readonly length: number;
}

export interface NewTorrent {
  readonly name: string;
  readonly isSingleFile: boolean;
  readonly files: readonly NewTorrentFile[];
  readonly pieceLength: number;
  readonly pieceHashes: Uint8Array;
  /** Tiers of URLs. */
  readonly trackers?: readonly (readonly string[])[];
  readonly webSeeds?: readonly string[];
  readonly isPrivate?: boolean;
  readonly comment?: string;
  readonly createdBy?: string;
  /** Seconds since 1970. */
  readonly creationDate?: number;
  /** Part of the info dictionary: makes the info hash differ from the same data's elsewhere. */
  readonly source?: string;
}

/** What stands around the info dictionary. */
interface Surroundings extends Pick<NewTorrent, 'trackers' | 'webSeeds' | 'comment' | 'createdBy' | 'creationDate'> {
  readonly info: Encodable;
}

function encodeAround({ info, comment, createdBy, creationDate, trackers = [], webSeeds = [] }: Surroundings): Uint8Array {
  const tiers = trackers.filter((tier) => tier.length > 0);
  const urlCount = tiers.reduce((count, tier) => count + tier.length, 0);
  return encode({
    announce: tiers[0]?.[0],
    'announce-list': urlCount > 1 ? tiers : undefined,
    comment,
    'created by': createdBy,
    'creation date': creationDate,
    info,
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
  });
}

export function encodeTorrent(torrent: NewTorrent): Uint8Array {
  const { files, isSingleFile } = torrent;
  const info = {
    files: isSingleFile ? undefined : files.map(({ path, length }) => ({ length, path })),
    length: isSingleFile ? files[0].length : undefined,
    name: torrent.name,
    'piece length': torrent.pieceLength,
    pieces: torrent.pieceHashes,
    private: torrent.isPrivate === true ? 1 : undefined,
    source: torrent.source,
  };
  return encodeAround({ ...torrent, info });
}

/** A torrent file around an info dictionary that is there already: what a magnet link becomes. */
export function encodeMetainfo(metainfo: Metainfo): Uint8Array {
  return encodeAround({ ...metainfo, trackers: metainfo.announceTiers, info: new Encoded(metainfo.infoBytes) });
}
