// The folders inside the output folder: made when they are first needed, looked at once, and never symbolic links, which
// could lead a write out of the output folder. The output folder itself is the user's own and may be a link.

import path from 'node:path';
import { areInOneFolder } from '../metainfo/safe-path.js';
import { type Disk, REAL_DISK } from './disk.js';
import { makeOutputFolder } from './output-folder.js';
import { errnoOf, refuse, toStorageError } from './storage-failure.js';

export class DirectoryGuard {
  readonly #root: string;
  readonly #disk: Disk;
  readonly #known = new Set<string>();
  /** A file in a folder that is known: the next one is mostly in the same. */
  #last: readonly string[] | null = null;
  #rootExists = false;

  constructor(root: string, disk: Disk = REAL_DISK) {
    this.#root = root;
    this.#disk = disk;
  }

  /** Makes the folder of the file `components` (relative to the root) and those above it. Throws a StorageError. */
  ensureFor(components: readonly string[]): void {
    if (!this.#rootExists) {
      makeOutputFolder(this.#root, this.#disk);
      this.#rootExists = true;
    }
    if (this.#last !== null && areInOneFolder(this.#last, components)) return;
    this.#ensure(components, components.length - 1);
    this.#last = components;
  }

  /** Whether the folder of the file exists. Throws a StorageError where something else is in its place. */
  existsFor(components: readonly string[]): boolean {
    return this.#exists(components, components.length - 1);
  }

  #ensure(components: readonly string[], depth: number): void {
    if (depth <= 0) return;
    const folder = components.slice(0, depth).join('/');
    if (this.#known.has(folder)) return;
    this.#ensure(components, depth - 1);
    const full = path.join(this.#root, folder);
    if (!this.#isFolder(full)) {
      try {
        this.#disk.mkdirSync(full);
      } catch (error) {
        // Made by somebody else since: then it must pass the same test.
        if (errnoOf(error) !== 'EEXIST' || !this.#isFolder(full)) throw toStorageError('mkdir', full, error);
      }
    }
    this.#known.add(folder);
  }

  #exists(components: readonly string[], depth: number): boolean {
    if (depth <= 0) return true;
    const folder = components.slice(0, depth).join('/');
    if (this.#known.has(folder)) return true;
    if (!this.#exists(components, depth - 1) || !this.#isFolder(path.join(this.#root, folder))) return false;
    this.#known.add(folder);
    return true;
  }

  /** False where there is nothing. */
  #isFolder(full: string): boolean {
    let stat;
    try {
      stat = this.#disk.lstatSync(full, { throwIfNoEntry: false });
    } catch (error) {
      throw toStorageError('stat', full, error);
    }
    if (stat === undefined) return false;
    if (stat.isSymbolicLink()) throw refuse('open', full, 'ELOOP');
    if (!stat.isDirectory()) throw refuse('open', full, 'ENOTDIR');
    return true;
  }
}
