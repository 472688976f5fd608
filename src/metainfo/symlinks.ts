// The symbolic links of a torrent (BEP 47: `attr` with an l, `symlink path`). They are not made on the disk, and a file list has no name for
// them: these are read from the info dictionary when somebody wants to see them. For people only: their paths are not checked.

import { BencodeDict } from '../bencode/bencode-dict.js';
import type { BencodeValue } from '../bencode/bencode-dict.js';
import { decode } from '../bencode/decode.js';
import { decodeText } from './fields.js';
import { INFO_DEFAULTS } from './info-dict.js';
import type { Metainfo } from './metainfo.js';

export interface TorrentSymlink {
  /** Among the metainfo's files. */
  readonly index: number;
  /** Below the torrent's folder, parts joined by slashes; as it came. */
  readonly path: string;
  /** Where it leads, in the same way. */
  readonly target: string;
}

function joined(value: BencodeValue | undefined): string {
  if (!Array.isArray(value)) return '';
  return value.map((part) => (part instanceof Uint8Array ? decodeText(part) : '')).join('/');
}

export function symlinksOf({ files, infoBytes }: Pick<Metainfo, 'files' | 'infoBytes'>): TorrentSymlink[] {
  const isLink = (index: number): boolean => files[index].attributes?.includes('l') === true;
  if (!files.some((_, index) => isLink(index))) return [];
  const info = decode(infoBytes, { maxNodes: INFO_DEFAULTS.maxNodes });
  const entries = info instanceof BencodeDict ? info.get('files') : undefined;
  if (!Array.isArray(entries)) return [];
  const links: TorrentSymlink[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!(entry instanceof BencodeDict) || !isLink(index)) continue;
    links.push({ index, path: joined(entry.get('path')), target: joined(entry.get('symlink path')) });
  }
  return links;
}
