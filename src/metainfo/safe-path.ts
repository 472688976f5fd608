// Names from a torrent as names on our disk. What could leave the output folder or has two readings is refused; what is only
// unwieldy is changed, always in the same way, so that a second run finds the first one's files.

import { fieldError } from './fields.js';

export interface NameRules {
  /** Also change what Windows can't store: reserved devices, its special characters, a dot or space at the end. */
  readonly windows: boolean;
}

/** Bytes of one component: the limit of nearly every file system. */
const MAX_COMPONENT_BYTES = 255;
/** UTF-16 units that can't be more than MAX_COMPONENT_BYTES, at three bytes each. */
const CERTAINLY_SHORT = 85;
const MAX_EXTENSION_UNITS = 16;
/** Components of one path. */
const MAX_DEPTH = 100;
/** Bytes of one path, separators included: PATH_MAX. */
const MAX_PATH_BYTES = 4095;
/** Names that begin so are ours: resume state, locks, parts with no better name. */
const OWN_PREFIX = '.effusion';

/**
 * Short, with no control character, slash, backslash, and no dot in front: nearly every name, and nothing in it that would be changed or
 * refused. One look tells, where others walk over its characters.
 */
const PLAIN_NAME = /^[ -\-0-[\]-~\u0080-\uffff][ -.0-[\]-~\u0080-\uffff]{0,84}$/;

const utf8 = new TextEncoder();

function isControl(unit: number): boolean {
  return unit < 0x20 || unit === 0x7f;
}

function replaceControls(name: string): string {
  let safe = '';
  for (const character of name) safe += isControl(character.charCodeAt(0)) ? '_' : character;
  return safe;
}

function hasControls(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (isControl(name.charCodeAt(i))) return true;
  return false;
}

function forWindows(name: string): string {
  const plain = name.replaceAll(/[<>:"|?*]/g, '_').replace(/[. ]+$/, (tail) => '_'.repeat(tail.length));
  return /^(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i.test(plain) ? `_${plain}` : plain;
}

/** Cuts the stem, not the extension, at a whole character. */
function shorten(name: string): string {
  if (name.length <= CERTAINLY_SHORT || utf8.encode(name).length <= MAX_COMPONENT_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const hasExtension = dot > 0 && name.length - dot <= MAX_EXTENSION_UNITS;
  const extension = hasExtension ? name.slice(dot) : '';
  const stem = Array.from(name.slice(0, hasExtension ? Math.min(dot, MAX_COMPONENT_BYTES + 1) : MAX_COMPONENT_BYTES + 1));
  const room = MAX_COMPONENT_BYTES - utf8.encode(extension).length;
  while (utf8.encode(stem.join('')).length > room) stem.pop();
  return stem.join('') + extension;
}

/** Whether it is surely safe as it is, but on Windows. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name);
}

/** One component of a path, safe to join to a folder, of 255 bytes at most. Throws MetainfoError naming `field`. */
export function safeComponent(name: string, field: string, rules: NameRules): string {
  if (name === '') throw fieldError(field, 'expected a name, found an empty string');
  if (name === '.' || name === '..') throw fieldError(field, `expected a name, found "${name}"`);
  if (/[/\\\0]/.test(name)) throw fieldError(field, 'a name with a slash, a backslash or a zero byte is refused');
  let safe = hasControls(name) ? replaceControls(name) : name;
  if (rules.windows) safe = forWindows(safe);
  safe = shorten(safe);
  if (safe.startsWith('.') && safe.slice(0, OWN_PREFIX.length).toLowerCase() === OWN_PREFIX) {
    throw fieldError(field, `names that begin with ${OWN_PREFIX} are reserved`);
  }
  return safe;
}

/** Refuses paths no file system takes. `path`: of safe components. */
export function checkPathLength(path: readonly string[], field: string): void {
  if (path.length * (MAX_COMPONENT_BYTES + 1) <= MAX_PATH_BYTES) return;
  if (path.length > MAX_DEPTH) throw fieldError(field, `a path of ${path.length} components, at most ${MAX_DEPTH}`);
  const bytes = utf8.encode(path.join('/')).length;
  if (bytes > MAX_PATH_BYTES) throw fieldError(field, `a path of ${bytes} bytes, at most ${MAX_PATH_BYTES}`);
}

/** Two paths that differ in their last component at most. */
export function areInOneFolder(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let depth = one.length - 2; depth >= 0; depth--) if (one[depth] !== other[depth]) return false;
  return true;
}

/** What is in a folder, by name: null is a file. */
export type Folder = Map<string, Folder | null>;

/** Remembers the paths of a torrent and refuses one that is there already, or a file where another path needs a folder. */
export class PathTree {
  readonly #root: Folder = new Map();

  /** The folder of that path, in which files are then to be put. */
  folder(path: readonly string[], field: string): Folder {
    let folder = this.#root;
    for (const name of path) {
      let next = folder.get(name);
      if (next === null) throw fieldError(field, 'needs a folder where another entry is a file');
      if (next === undefined) {
        next = new Map();
        folder.set(name, next);
      }
      folder = next;
    }
    return folder;
  }
}

export function putFile(folder: Folder, name: string, field: string): void {
  const { size } = folder;
  // What had that name is then lost, but so is the torrent.
  if (folder.set(name, null).size === size) throw fieldError(field, 'the same path as another entry');
}
