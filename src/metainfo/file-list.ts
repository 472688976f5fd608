// The `files` of a multi-file info dictionary (BEP 3), with padding files and attributes (BEP 47).
// Which entries are padding is decided here, once: no other folder looks at a name to find out.

import type { BencodeDict } from '../bencode/bencode-dict.js';
import type { BencodeValue } from '../bencode/bencode-dict.js';
import { BencodeError } from '../bencode/bencode-error.js';
import { decodePrefix } from '../bencode/decode.js';
import { decodeText, decodeUtf8, expectBytes, expectDict, expectInteger, expectList, fieldError, within } from './fields.js';
import { type FileEntries, LEGACY_PADDING, ODD } from './file-entries.js';
import type { MetainfoFile } from './metainfo.js';
import { checkPathLength, isPlainName, PathTree, putFile, safeComponent } from './safe-path.js';
import type { Folder, NameRules } from './safe-path.js';

/** The UTF-8 twin of a field (`name.utf-8`) where it is there and valid, else the field itself. */
export function preferUtf8(dict: BencodeDict, key: string, path: string): string {
  const twin = dict.get(`${key}.utf-8`);
  const text = twin instanceof Uint8Array ? decodeUtf8(twin) : null;
  return text ?? decodeText(expectBytes(dict.get(key), path));
}

/** A path's components as text, from `path.utf-8` where that is there and valid, else from `path`. */
function readComponents(entry: BencodeDict): string[] {
  const twin = entry.get('path.utf-8');
  if (Array.isArray(twin) && twin.length > 0) {
    const texts = twin.map((part) => (part instanceof Uint8Array ? decodeUtf8(part) : null));
    if (texts.every((text) => text !== null)) return texts;
  }
  const parts = expectList(entry.get('path'), 'path');
  if (parts.length === 0) throw fieldError('path', 'expected at least one component, found an empty list');
  return parts.map((part, index) => decodeText(expectBytes(part, `path[${index}]`)));
}

function readAttributes(entry: BencodeDict): string {
  const value = entry.get('attr');
  return value instanceof Uint8Array ? decodeText(value.subarray(0, 16)) : '';
}

/** An entry as the torrent has it. */
interface Entry {
  /** Bytes, 0 or more. */
  readonly length: number;
  /** `attr`; empty where there is none. */
  readonly attributes: string;
  readonly isPadding: boolean;
  /** Components of the path, not yet safe: what leads to the name, and the name. */
  readonly folders: readonly string[];
  readonly name: string;
  /** Whether its keys are in order. */
  readonly isCanonical: boolean;
}

/** What is not plain, decoded: says what is wrong with it, or reads one of the rare kinds that are right. */
function decodeEntry(rest: Uint8Array): Entry {
  const dict = expectDict(decodeItem(rest), '');
  const length = expectInteger(dict.get('length'), 'length', 0, Infinity);
  const attributes = readAttributes(dict);
  const isPadding = isPaddingFile(attributes, isLegacyPadding(dict));
  // Padding is not on disk, and of a path that has no use nothing is asked.
  const path = isPadding ? [''] : readComponents(dict);
  return {
    length,
    attributes,
    isPadding,
    folders: path.slice(0, -1),
    name: path[path.length - 1],
    isCanonical: dict.isCanonical,
  };
}

function decodeItem(rest: Uint8Array): BencodeValue {
  try {
    return decodePrefix(rest).value;
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw fieldError('', error.detail.reason, error);
  }
}

export interface FileList {
  readonly files: MetainfoFile[];
  /** Whether the keys of every entry were in order. */
  readonly isCanonical: boolean;
}

/**
 * All files, their offsets laid end to end. `entries`: attached to their bytes. `name`: of the torrent, safe already. Throws MetainfoError.
 */
export function parseFileList(entries: FileEntries, field: string, name: string, rules: NameRules): FileList {
  if (entries.length === 0) throw fieldError(field, 'expected at least one file, found an empty list');
  const files: MetainfoFile[] = [];
  try {
    const isCanonical = placeFiles(entries, name, rules, files);
    return { files, isCanonical };
  } catch (error) {
    throw within(`${field}[${files.length}]`, error);
  }
}

/**
 * Adds a file for each entry; answers whether the keys of every entry were in order. Its errors name the field within the entry that is next.
 * One loop without a field, as in file-entries.ts.
 */
function placeFiles(entries: FileEntries, torrent: string, rules: NameRules, files: MetainfoFile[]): boolean {
  const { lengths, folders, names, attributes, legacyPadding } = entries;
  const tree = new PathTree();
  let isCanonical = true;
  let offset = 0;
  // Files of one folder follow each other: its name is not looked at again for each. `safe`: the same, with the torrent's name in front.
  let last: readonly string[] | null = null;
  let safe: readonly string[] = [];
  let folder: Folder = new Map();
  let odd = 0;
  for (let index = 0; index < lengths.length; index++) {
    let length = lengths[index];
    let attr = attributes.size === 0 ? '' : (attributes.get(index) ?? '');
    let isPadding = attr !== '' || legacyPadding.size > 0 ? isPaddingFile(attr, legacyPadding.has(index)) : false;
    let parents = folders[index];
    let name = names[index];
    if (length === ODD) {
      const entry = decodeEntry(entries.rest(odd++));
      ({ length, attributes: attr, isPadding, folders: parents, name } = entry);
      isCanonical &&= entry.isCanonical;
    }
    if (offset + length > Number.MAX_SAFE_INTEGER) throw fieldError('length', 'the sum of the lengths is beyond 2^53');
    if (attr !== '' && length > 0 && attr.includes('l'))
      throw fieldError('length', `expected 0 for a symbolic link, found ${length}`);
    let path: readonly string[];
    if (isPadding) {
      // Not on disk: several may share a name, and a bad one harms nobody, so theirs is not read.
      path = [torrent, '.pad', String(length)];
    } else {
      const isSame = parents === last;
      if (!isSame) safe = [torrent, ...parents.map((parent, at) => safeComponent(parent, `path[${at}]`, rules))];
      const isPlain = isPlainName(name) && !rules.windows;
      if (!isPlain) name = safeComponent(name, `path[${parents.length}]`, rules);
      // `concat` makes an array of just that size, where others leave room to grow in each of thousands.
      path = safe.concat(name);
      checkPathLength(path, 'path');
      if (!isSame) folder = tree.folder(safe, 'path');
      last = parents;
      putFile(folder, name, 'path');
    }
    files.push(attr === '' ? { path, length, offset, isPadding } : { path, length, offset, isPadding, attributes: attr });
    offset += length;
  }
  return isCanonical;
}

/** A symbolic link counts as one: it has no bytes, and we make none. */
function isPaddingFile(attributes: string, isLegacyPadding: boolean): boolean {
  return isLegacyPadding || (attributes !== '' && /[lp]/.test(attributes));
}

function isLegacyPadding(entry: BencodeDict): boolean {
  const path = entry.get('path');
  const last = Array.isArray(path) ? path[path.length - 1] : undefined;
  // The first byte decides for nearly every file of many: text of each would be made twice.
  if (!(last instanceof Uint8Array) || last[0] !== LEGACY_PADDING.charCodeAt(0)) return false;
  return decodeText(last.subarray(0, LEGACY_PADDING.length)) === LEGACY_PADDING;
}
