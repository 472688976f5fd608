// A magnet link (BEP 9, the v2 hash of BEP 52, the choice of files of BEP 53) from what is known of a torrent: what parseMagnet reads back as it
// was. Values are percent-encoded down to the unreserved characters, so that a link survives shells, chats and HTML; colons of `xt` and
// `x.pe` stay, as other clients look for them.

import { toHex } from '../model/ids.js';
import type { Magnet } from './magnet.js';
import type { Metainfo } from './metainfo.js';

export interface MagnetParts extends Magnet {
  /** `xl`: bytes of the whole. */
  readonly length?: number;
}

/** Multihash of SHA-256 with 32 bytes (BEP 52): function 0x12, length 0x20. */
const BTMH_PREFIX = '1220';

const UNRESERVED = /[A-Za-z0-9._~-]/;

const utf8 = new TextEncoder();

function escape(text: string): string {
  let escaped = '';
  for (const byte of utf8.encode(text)) {
    const character = String.fromCharCode(byte);
    escaped += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

/** One line of ASCII. */
export function formatMagnet(parts: MagnetParts): string {
  const { infoHash, infoHashV2, displayName, length, trackers, webSeeds, peers, sources, selection } = parts;
  const ranges = (selection ?? []).map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`));
  const parameters = [
    `xt=urn:btih:${toHex(infoHash)}`,
    ...(infoHashV2 === undefined ? [] : [`xt=urn:btmh:${BTMH_PREFIX}${toHex(infoHashV2)}`]),
    ...(displayName === null ? [] : [`dn=${escape(displayName)}`]),
    ...(length === undefined ? [] : [`xl=${length}`]),
    ...trackers.map((url) => `tr=${escape(url)}`),
    ...webSeeds.map((url) => `ws=${escape(url)}`),
    ...sources.map((url) => `xs=${escape(url)}`),
    ...peers.map(({ host, port }) => `x.pe=${host.includes(':') ? `[${host}]` : host}:${port}`),
    ...(selection === null ? [] : [`so=${ranges.join(',')}`]),
  ];
  return `magnet:?${parameters.join('&')}`;
}

/** All that a link can say of a torrent. */
export function magnetOf(metainfo: Metainfo): MagnetParts {
  const { infoHash, name, files, announceTiers, webSeeds } = metainfo;
  const { v1 = new Uint8Array(), v2 } = infoHash;
  return {
    infoHash: v1,
    ...(v2 === undefined ? {} : { infoHashV2: v2 }),
    displayName: name,
    // Padding is nothing that anybody gets.
    length: files.reduce((sum, file) => sum + (file.isPadding ? 0 : file.length), 0),
    trackers: announceTiers.flat(),
    webSeeds,
    peers: [],
    sources: [],
    selection: null,
  };
}
