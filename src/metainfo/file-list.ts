// The `files` of a multi-file info dictionary (BEP 3), with padding files and attributes (BEP 47).
// Which entries are padding is decided here, once: no other folder looks at a name to find out.

import type { BencodeDict } from '../bencode/bencode-dict.js';
import type { BencodeValue } from '../bencode/bencode-dict.js';
import { decodeText, decodeUtf8, expectBytes, expectDict, expectInteger, expectList, fieldError, within } from './fields.js';
import type { MetainfoFile } from './metainfo.js';
import { checkPathLength, PathTree, safeComponent } from './safe-path.js';
import type { NameRules } from './safe-path.js';

/** How padding files were called before BEP 47. */
const LEGACY_PADDING = '_____padding_file_';

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

/** All files, their offsets laid end to end. `name`: of the torrent, safe already. Throws MetainfoError. */
export function parseFileList(value: BencodeValue | undefined, field: string, name: string, rules: NameRules): MetainfoFile[] {
  const entries = expectList(value, field);
  if (entries.length === 0) throw fieldError(field, 'expected at least one file, found an empty list');
  const tree = new PathTree();
  const files: MetainfoFile[] = [];
  let offset = 0;
  for (let index = 0; index < entries.length; index++) {
    try {
      const file = parseFile(entries[index], name, offset, rules);
      if (!file.isPadding) tree.add(file.path, 'path');
      files.push(file);
      offset += file.length;
    } catch (error) {
      throw within(`${field}[${index}]`, error);
    }
  }
  return files;
}

/** One entry, which begins at `offset`. Its errors name the field within it: most entries need no name for where they are. */
function parseFile(item: BencodeValue, name: string, offset: number, rules: NameRules): MetainfoFile {
  const entry = expectDict(item, '');
  const length = expectInteger(entry.get('length'), 'length', 0, Infinity);
  if (offset + length > Number.MAX_SAFE_INTEGER) throw fieldError('length', 'the sum of the lengths is beyond 2^53');
  const attributes = readAttributes(entry);
  const isSymlink = attributes.includes('l');
  if (isSymlink && length > 0) throw fieldError('length', `expected 0 for a symbolic link, found ${length}`);
  const isPadding = isSymlink || attributes.includes('p') || isLegacyPadding(entry);
  const marks = attributes === '' ? {} : { attributes };
  // Not on disk: several may share a name, and a bad one harms nobody, so theirs is not read.
  if (isPadding) return { path: [name, '.pad', String(length)], length, offset, isPadding, ...marks };
  const path = [name];
  for (const part of readComponents(entry)) path.push(safeComponent(part, `path[${path.length - 1}]`, rules));
  checkPathLength(path, 'path');
  return { path, length, offset, isPadding, ...marks };
}

function isLegacyPadding(entry: BencodeDict): boolean {
  const path = entry.get('path');
  const last = Array.isArray(path) ? path[path.length - 1] : undefined;
  // The first byte decides for nearly every file of many: text of each would be made twice.
  if (!(last instanceof Uint8Array) || last[0] !== LEGACY_PADDING.charCodeAt(0)) return false;
  return decodeText(last.subarray(0, LEGACY_PADDING.length)) === LEGACY_PADDING;
}
