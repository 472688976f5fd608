// What the user calls a torrent: a file, `-` for stdin, a URL of one, a magnet link or a bare info hash. Told apart here, before
// anything is opened.

import { MetainfoError } from '../model/error.js';
import { toHex } from '../model/ids.js';
import { parseInfoHash, parseMagnet, type Magnet } from '../metainfo/magnet.js';

export type TorrentArgument =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'url'; readonly url: string }
  /** `text` for people: the name that the link gives, or the hash. */
  | { readonly kind: 'magnet'; readonly magnet: Magnet; readonly text: string };

/** Throws MetainfoError where it is meant as a magnet link and is none. */
export function parseTorrentArgument(text: string): TorrentArgument {
  if (text === '-') return { kind: 'stdin' };
  if (/^https?:\/\//i.test(text)) return { kind: 'url', url: text };
  const infoHash = parseInfoHash(text);
  if (infoHash !== null) return fromMagnet(bareMagnet(infoHash));
  if (/^magnet:/i.test(text)) return fromMagnet(parseMagnet(text));
  return { kind: 'file', path: text };
}

function fromMagnet(magnet: Magnet): TorrentArgument {
  return { kind: 'magnet', magnet, text: magnet.displayName ?? toHex(magnet.infoHash) };
}

function bareMagnet(infoHash: Uint8Array): Magnet {
  return { infoHash, displayName: null, trackers: [], webSeeds: [], peers: [], sources: [], selection: null };
}

/** `cause` with the name of what it was found in. */
export function namedMetainfoError(where: string, cause: MetainfoError): MetainfoError {
  const field = cause.detail.path;
  const named = field === '' || cause.message.includes(field) ? cause.message : `${field}: ${cause.message}`;
  return new MetainfoError(`${where}: not a usable torrent: ${named}`, cause.detail, { cause });
}
