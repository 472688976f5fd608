// The info dictionary (BEP 3, 27, 47; the v1 half of BEP 52): from its raw bytes, because their digest is the torrent's
// identity. The same whether they come from a torrent file or from peers.

import type { BencodeDict, BencodeValue } from '../bencode/bencode-dict.js';
import { BencodeError } from '../bencode/bencode-error.js';
import { decode } from '../bencode/decode.js';
import type { BencodeScanner } from '../bencode/scan.js';
import { sha1, SHA1_BYTES, sha256 } from '../hash/digest.js';
import { invariant } from '../model/error.js';
import { Geometry } from '../model/geometry.js';
import { expectBytes, expectDict, expectInteger, expectList, fieldError } from './fields.js';
import { FileEntries } from './file-entries.js';
import { parseFileList, preferUtf8 } from './file-list.js';
import type { FileList } from './file-list.js';
import type { InfoFields } from './metainfo.js';
import { safeComponent } from './safe-path.js';
import type { NameRules } from './safe-path.js';

export interface InfoLimits extends NameRules {
  /** Bytes of one piece at most. */
  readonly maxPieceLength: number;
  /** Values and keys of the whole input at most. */
  readonly maxNodes: number;
}

export const INFO_DEFAULTS: InfoLimits = { windows: false, maxPieceLength: 268_435_456, maxNodes: 3_000_000 };

const META_VERSION_2 = 2;

/**
 * Decodes what should be bencode; its error becomes a MetainfoError for `path`. `files`: the keys that lead to the list of files, which is
 * left hollow; `entries`: what it holds, null where there is none.
 */
export function decodeField(
  bytes: Uint8Array,
  path: string,
  files: readonly string[],
  limits: InfoLimits,
): { value: BencodeValue; entries: FileEntries | null } {
  let entries: FileEntries | null = null;
  const read = (scanner: BencodeScanner): void => {
    entries = new FileEntries(scanner, bytes);
  };
  try {
    const value = decode(bytes, { maxNodes: limits.maxNodes, hollow: { path: files, read } });
    return { value, entries };
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw fieldError(path, error.message, error);
  }
}

function refuseV2Only(info: BencodeDict): void {
  const isV1 = info.has('pieces') || info.has('length') || info.has('files');
  if (isV1 || (info.get('meta version') !== META_VERSION_2 && !info.has('file tree'))) return;
  throw fieldError('info.meta version', 'v2-only torrents are not yet supported');
}

/** An info dictionary by `decodeField`, and as it came. */
export interface RawInfo {
  readonly info: BencodeDict;
  readonly infoBytes: Uint8Array;
  /** Offset at which it began in what was decoded. */
  readonly start: number;
  /** Of `files`; null where that is no list. */
  readonly entries: FileEntries | null;
}

function parseFiles({ info, infoBytes, start, entries }: RawInfo, name: string, limits: InfoLimits): FileList {
  if (info.has('files')) {
    if (info.has('length')) throw fieldError('info', 'expected either length or files, found both');
    expectList(info.get('files'), 'info.files');
    invariant(entries !== null, 'a list of files was walked over', { start });
    entries.attach(infoBytes, start);
    return parseFileList(entries, 'info.files', name, limits);
  }
  if (!info.has('length')) throw fieldError('info', 'expected either length or files, found neither');
  const length = expectInteger(info.get('length'), 'info.length', 0, Infinity);
  return { files: [{ path: [name], length, offset: 0, isPadding: false }], isCanonical: true };
}

function parsePrivate(info: BencodeDict): boolean {
  if (!info.has('private')) return false;
  // BEP 27 knows 1 only. Another number may mean it too, and to leak a private torrent is worse than to find fewer peers.
  return expectInteger(info.get('private'), 'info.private', -Infinity, Infinity) !== 0;
}

/** `raw.infoBytes` is kept, not copied. Throws MetainfoError. */
export function parseInfoDict(raw: RawInfo, limits: InfoLimits): InfoFields {
  const { info, infoBytes } = raw;
  refuseV2Only(info);
  const name = safeComponent(preferUtf8(info, 'name', 'info.name'), 'info.name', limits);
  const pieceLength = expectInteger(info.get('piece length'), 'info.piece length', 1, limits.maxPieceLength);
  const { files, isCanonical } = parseFiles(raw, name, limits);
  const last = files[files.length - 1];
  const geometry = new Geometry(last.offset + last.length, pieceLength);
  const pieceHashes = expectBytes(info.get('pieces'), 'info.pieces');
  if (pieceHashes.length % SHA1_BYTES !== 0) {
    throw fieldError('info.pieces', `expected a multiple of ${SHA1_BYTES} bytes, found ${pieceHashes.length}`);
  }
  if (pieceHashes.length !== geometry.pieceCount * SHA1_BYTES) {
    const found = pieceHashes.length / SHA1_BYTES;
    const sizes = `${geometry.totalLength} bytes in pieces of ${pieceLength}`;
    throw fieldError('info.pieces', `expected ${geometry.pieceCount} hashes for ${sizes}, found ${found}`);
  }
  const isHybrid = info.get('meta version') === META_VERSION_2 && info.has('file tree');
  return {
    infoHash: isHybrid ? { v1: sha1(infoBytes), v2: sha256(infoBytes) } : { v1: sha1(infoBytes) },
    infoBytes,
    name,
    files,
    isSingleFile: !info.has('files'),
    geometry,
    pieceHashes,
    isPrivate: parsePrivate(info),
    isHybrid,
    isCanonical: info.isCanonical && isCanonical,
  };
}

/** The info dictionary alone, as peers send it. `bytes` is copied. Throws MetainfoError with paths that begin with `info`. */
export function parseInfoBytes(bytes: Uint8Array, limits: Partial<InfoLimits> = {}): InfoFields {
  const full = { ...INFO_DEFAULTS, ...limits };
  const { value, entries } = decodeField(bytes, 'info', ['files'], full);
  return parseInfoDict({ info: expectDict(value, 'info'), infoBytes: new Uint8Array(bytes), start: 0, entries }, full);
}
