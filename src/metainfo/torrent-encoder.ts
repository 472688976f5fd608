// A new .torrent file (BEP 3, 12, 19, 27): the same bytes for the same input, keys in order, nothing in it that was not given.
// Made byte by byte from its own fields; an info dictionary that somebody else wrote goes in as it is, since its hash is the torrent.

import { encode } from '../bencode/encode.js';
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

export function encodeTorrent(torrent: NewTorrent): Uint8Array {
  const tiers = (torrent.trackers ?? []).filter((tier) => tier.length > 0);
  const urlCount = tiers.reduce((count, tier) => count + tier.length, 0);
  const webSeeds = torrent.webSeeds ?? [];
  const { files, isSingleFile } = torrent;
  return encode({
    announce: tiers[0]?.[0],
    'announce-list': urlCount > 1 ? tiers : undefined,
    comment: torrent.comment,
    'created by': torrent.createdBy,
    'creation date': torrent.creationDate,
    info: {
      files: isSingleFile ? undefined : files.map(({ path, length }) => ({ length, path })),
      length: isSingleFile ? files[0].length : undefined,
      name: torrent.name,
      'piece length': torrent.pieceLength,
      pieces: torrent.pieceHashes,
      private: torrent.isPrivate === true ? 1 : undefined,
      source: torrent.source,
    },
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
  });
}

/** A torrent file around an info dictionary that is there already: what a magnet link becomes. */
export function encodeMetainfo(metainfo: Metainfo): Uint8Array {
  const tiers = metainfo.announceTiers;
  const urlCount = tiers.reduce((count, tier) => count + tier.length, 0);
  const { comment, createdBy, creationDate, webSeeds, infoBytes } = metainfo;
  // The keys of a dictionary are in order (BEP 3): those before `info`, it, those after it.
  const before = encode({
    announce: tiers[0]?.[0],
    'announce-list': urlCount > 1 ? tiers : undefined,
    comment,
    'created by': createdBy,
    'creation date': creationDate,
  });
  const after = encode({ 'url-list': webSeeds.length > 0 ? webSeeds : undefined });
  const key = new TextEncoder().encode('4:info');
  const parts = [before.subarray(0, -1), key, infoBytes, after.subarray(1)];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
