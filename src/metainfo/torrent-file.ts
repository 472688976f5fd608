// A .torrent file (BEP 3, 5, 12, 19) from bytes nobody vouches for to a Metainfo. Fields that decide what is downloaded, and from
// where, must be right; of those that only describe (comment, dates, nodes) a bad one is as good as none. Unknown ones are ignored.

import type { BencodeDict, ByteSpan } from '../bencode/bencode-dict.js';
import type { BencodeValue } from '../bencode/bencode-dict.js';
import { MetainfoError } from '../model/error.js';
import { decodeText, decodeUtf8, expectBytes, expectDict, expectList, fieldError } from './fields.js';
import { decodeField, INFO_DEFAULTS, parseInfoDict } from './info-dict.js';
import type { InfoLimits } from './info-dict.js';
import type { Metainfo, MetainfoNode } from './metainfo.js';

export interface TorrentFileLimits extends InfoLimits {
  /** Bytes of the whole file at most. */
  readonly maxTorrentBytes: number;
  /** Bytes of one URL, comment or other text at most. */
  readonly maxTextBytes: number;
  /** Trackers, web seeds or nodes at most, each. */
  readonly maxUrls: number;
}

/** Of a torrent file as it is read where nothing else is said, and so of one that is made. */
export const MAX_TORRENT_BYTES = 67_108_864;

const DEFAULTS: TorrentFileLimits = {
  ...INFO_DEFAULTS,
  maxTorrentBytes: MAX_TORRENT_BYTES,
  maxTextBytes: 16_384,
  maxUrls: 10_000,
};

/** Keys that lead to the list of files. */
const FILES = ['info', 'files'];

/** `d`: how a bencoded dictionary begins. */
const DICTIONARY = 0x64;

function parseUrl(value: BencodeValue | undefined, path: string, limits: TorrentFileLimits): string {
  const bytes = expectBytes(value, path);
  if (bytes.length > limits.maxTextBytes) {
    throw fieldError(path, `expected at most ${limits.maxTextBytes} bytes, found ${bytes.length}`);
  }
  const text = decodeUtf8(bytes);
  if (text === null) throw fieldError(path, 'expected a URL, found bytes that are not UTF-8');
  return text.trim();
}

/** Urls of nested lists, flat, in order; empty and repeated ones are left out. */
function addUrls(items: readonly BencodeValue[], path: string, seen: Set<string>, limits: TorrentFileLimits): string[] {
  const urls: string[] = [];
  for (const [index, item] of items.entries()) {
    const url = parseUrl(item, `${path}[${index}]`, limits);
    if (url === '' || seen.has(url)) continue;
    if (seen.size === limits.maxUrls) throw fieldError(path, `more than ${limits.maxUrls} URLs`);
    seen.add(url);
    urls.push(url);
  }
  return urls;
}

/** BEP 12: with an announce-list that names any tracker, `announce` is not looked at. A flat list is seen in the wild: one tier each. */
function parseTiers(root: BencodeDict, limits: TorrentFileLimits): string[][] {
  const tiers: string[][] = [];
  const seen = new Set<string>();
  if (root.has('announce-list')) {
    for (const [index, tier] of expectList(root.get('announce-list'), 'announce-list').entries()) {
      const items = tier instanceof Uint8Array ? [tier] : expectList(tier, `announce-list[${index}]`);
      const urls = addUrls(items, `announce-list[${index}]`, seen, limits);
      if (urls.length > 0) tiers.push(urls);
    }
  }
  if (tiers.length > 0 || !root.has('announce')) return tiers;
  const url = parseUrl(root.get('announce'), 'announce', limits);
  return url === '' ? [] : [[url]];
}

function parseWebSeeds(root: BencodeDict, limits: TorrentFileLimits): string[] {
  const value = root.get('url-list');
  if (value === undefined) return [];
  const items = value instanceof Uint8Array ? [value] : expectList(value, 'url-list');
  return addUrls(items, 'url-list', new Set(), limits);
}

function parseNodes(root: BencodeDict, limits: TorrentFileLimits): MetainfoNode[] {
  const value = root.get('nodes');
  if (!Array.isArray(value)) return [];
  const nodes: MetainfoNode[] = [];
  for (const item of value.slice(0, limits.maxUrls)) {
    if (!Array.isArray(item) || item.length !== 2) continue;
    const [host, port] = item;
    if (!(host instanceof Uint8Array) || host.length === 0 || host.length > 255) continue;
    const text = decodeUtf8(host);
    if (text !== null && typeof port === 'number' && port >= 1 && port <= 65_535) nodes.push({ host: text, port });
  }
  return nodes;
}

function describingText(root: BencodeDict, key: string, limits: TorrentFileLimits): string | undefined {
  const value = root.get(`${key}.utf-8`) ?? root.get(key);
  return value instanceof Uint8Array && value.length <= limits.maxTextBytes ? decodeText(value) : undefined;
}

function parseDescription(root: BencodeDict, limits: TorrentFileLimits): Partial<Metainfo> {
  const comment = describingText(root, 'comment', limits);
  const createdBy = describingText(root, 'created by', limits);
  const encoding = describingText(root, 'encoding', limits);
  const creationDate = root.get('creation date');
  return {
    ...(comment === undefined ? {} : { comment }),
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(typeof creationDate === 'number' && creationDate >= 0 ? { creationDate } : {}),
  };
}

/** `bytes` is copied. Throws MetainfoError: `detail.path` names the field, `torrent` the file as a whole. */
export function parseTorrentFile(bytes: Uint8Array, limits: Partial<TorrentFileLimits> = {}): Metainfo {
  const full = { ...DEFAULTS, ...limits };
  if (bytes.length > full.maxTorrentBytes) {
    throw fieldError('torrent', `expected at most ${full.maxTorrentBytes} bytes, found ${bytes.length}`);
  }
  const { value, entries } = decodeField(bytes, 'torrent', FILES, full);
  const root = expectDict(value, 'torrent');
  const info = expectDict(root.get('info'), 'info');
  const { start, end } = root.span('info') as ByteSpan;
  const infoBytes = new Uint8Array(bytes.subarray(start, end));
  return {
    ...parseInfoDict({ info, infoBytes, start, entries }, full),
    announceTiers: parseTiers(root, full),
    webSeeds: parseWebSeeds(root, full),
    nodes: parseNodes(root, full),
    ...parseDescription(root, full),
  };
}

/** Whether it is meant as a torrent file, however wrong the rest of it is: a bencoded dictionary with an `info`. Bytes of any kind are answered. */
export function isTorrentFile(bytes: Uint8Array): boolean {
  // Most other files are told apart here, without a look at all of it.
  if (bytes[0] !== DICTIONARY || bytes.length > DEFAULTS.maxTorrentBytes) return false;
  try {
    return expectDict(decodeField(bytes, 'torrent', FILES, DEFAULTS).value, 'torrent').has('info');
  } catch (error) {
    if (error instanceof MetainfoError) return false;
    throw error;
  }
}
