// The `files` of a multi-file info dictionary (BEP 3), with padding files and attributes (BEP 47).
// Which entries are padding is decided here, once: no other folder looks at a name to find out.

import type { BencodeDict } from '../bencode/bencode-dict.js';
import type { BencodeValue } from '../bencode/bencode-dict.js';
import { BencodeError } from '../bencode/bencode-error.js';
import { decodePrefix } from '../bencode/decode.js';
import { decodeText, decodeUtf8, expectBytes, expectDict, expectInteger, expectList, fieldError, within } from './fields.js';
import { type FileEntries, LEGACY_PADDING, type PlainEntry } from './file-entries.js';
import type { MetainfoFile } from './metainfo.js';
import { checkPathLength, isPlainName, PathTree, safeComponent } from './safe-path.js';
import type { NameRules } from './safe-path.js';

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

/** What is not plain, decoded: says what is wrong with it, or reads one of the rare kinds that are right. */
function decodeEntry(rest: Uint8Array): { entry: PlainEntry; isCanonical: boolean } {
  const dict = expectDict(decodeItem(rest), '');
  const length = expectInteger(dict.get('length'), 'length', 0, Infinity);
  const attributes = readAttributes(dict);
  const isLegacy = isLegacyPadding(dict);
  // Padding is not on disk, and of a path that has no use nothing is asked.
  const path = isPaddingFile(attributes, isLegacy) ? [''] : readComponents(dict);
  const entry = { length, attributes, isLegacyPadding: isLegacy, folders: path.slice(0, -1), name: path[path.length - 1] };
  return { entry, isCanonical: dict.isCanonical };
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
  const tree = new PathTree();
  const names = new SafeNames(rules);
  const files: MetainfoFile[] = [];
  let isCanonical = true;
  let offset = 0;
  for (let index = 0; index < entries.length; index++) {
    try {
      let entry = entries.read(index);
      if (entry === null) {
        const decoded = decodeEntry(entries.rest(index));
        isCanonical &&= decoded.isCanonical;
        ({ entry } = decoded);
      }
      const file = placeEntry(entry, name, offset, names);
      if (!file.isPadding) tree.add(file.path, 'path');
      files.push(file);
      offset += file.length;
    } catch (error) {
      throw within(`${field}[${index}]`, error);
    }
  }
  return { files, isCanonical };
}

/** One entry, which begins at `offset`. Its errors name the field within it: most entries need no name for where they are. */
function placeEntry(entry: PlainEntry, name: string, offset: number, names: SafeNames): MetainfoFile {
  const { length, attributes } = entry;
  if (offset + length > Number.MAX_SAFE_INTEGER) throw fieldError('length', 'the sum of the lengths is beyond 2^53');
  if (length > 0 && attributes.includes('l')) throw fieldError('length', `expected 0 for a symbolic link, found ${length}`);
  const isPadding = isPaddingFile(attributes, entry.isLegacyPadding);
  // Padding is not on disk: several may share a name, and a bad one harms nobody, so theirs is not read.
  const path = isPadding ? [name, '.pad', String(length)] : names.pathOf(name, entry);
  if (!isPadding) checkPathLength(path, 'path');
  return attributes === '' ? { path, length, offset, isPadding } : { path, length, offset, isPadding, attributes };
}

/** A symbolic link counts as one: it has no bytes, and we make none. */
function isPaddingFile(attributes: string, isLegacyPadding: boolean): boolean {
  return isLegacyPadding || (attributes !== '' && /[lp]/.test(attributes));
}

/** Files of one folder follow each other: its name is not looked at again for each. */
class SafeNames {
  readonly #rules: NameRules;
  #folders: readonly string[] | null = null;
  /** The same, safe, with the torrent's name in front. */
  #safe: readonly string[] = [];

  constructor(rules: NameRules) {
    this.#rules = rules;
  }

  pathOf(torrent: string, { folders, name }: PlainEntry): readonly string[] {
    if (folders !== this.#folders) {
      this.#safe = [torrent, ...folders.map((folder, at) => safeComponent(folder, `path[${at}]`, this.#rules))];
      this.#folders = folders;
    }
    const isPlain = isPlainName(name) && !this.#rules.windows;
    // `concat` makes an array of just that size, where others leave room to grow in each of thousands.
    return this.#safe.concat(isPlain ? name : safeComponent(name, `path[${folders.length}]`, this.#rules));
  }
}

function isLegacyPadding(entry: BencodeDict): boolean {
  const path = entry.get('path');
  const last = Array.isArray(path) ? path[path.length - 1] : undefined;
  // The first byte decides for nearly every file of many: text of each would be made twice.
  if (!(last instanceof Uint8Array) || last[0] !== LEGACY_PADDING.charCodeAt(0)) return false;
  return decodeText(last.subarray(0, LEGACY_PADDING.length)) === LEGACY_PADDING;
}
