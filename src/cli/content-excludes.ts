// What does not go into a new torrent: what the user names by patterns, and what operating systems leave in every folder they show, which
// nobody means to share and which changes by being looked at. Other hidden files are content.

import { matchesGlob } from '../model/glob.js';
import { formatCount } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';

/** Of macOS and of Windows, in lower case; `._*` are macOS's own halves of files on other file systems. */
const LEFT_BY_SYSTEMS = [
  '.ds_store',
  '._*',
  '.localized',
  '.fseventsd',
  '.spotlight-v100',
  '.temporaryitems',
  '.trashes',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
];

/** So many are named in the line about them. */
const MAX_NAMED = 3;

export class ContentExcludes {
  readonly #names: readonly string[];
  readonly #paths: readonly string[];
  readonly #named: string[] = [];
  #count = 0;

  /** A pattern with a slash is for the whole path below the folder, any other for a name at any depth; case does not matter. */
  constructor(globs: readonly string[], withDefaults: boolean) {
    const own = globs.map((glob) => glob.replace(/^\.?\//, '').replace(/\/$/, ''));
    this.#names = [...own.filter((glob) => !glob.includes('/')), ...(withDefaults ? LEFT_BY_SYSTEMS : [])];
    this.#paths = own.filter((glob) => glob.includes('/'));
  }

  /** `path`: below the folder, of a file or a folder; with a folder goes what is in it. */
  leavesOut(path: readonly string[]): boolean {
    const name = path.at(-1) ?? '';
    const whole = path.join('/');
    if (!this.#names.some((glob) => matchesGlob(glob, name)) && !this.#paths.some((glob) => matchesGlob(glob, whole)))
      return false;
    this.#count++;
    if (this.#named.length < MAX_NAMED) this.#named.push(whole);
    return true;
  }

  /** A line for people; null where nothing was left out. */
  describe(): string | null {
    if (this.#count === 0) return null;
    const more = this.#count > this.#named.length ? ', …' : '';
    const names = this.#named.map((name) => sanitise(name)).join(', ');
    return `left out: ${formatCount(this.#count, 'name')} (${names}${more})`;
  }
}
