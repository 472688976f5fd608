// The two absolute paths of each file of a torrent: its own name, and the part name under which it grows.
// A file whose part name somebody else's file has taken grows under a hidden name of ours in the same folder.
// What is not whole may be in a folder of its own, as the same tree. Worked out when first asked for: most files of a large torrent are
// not looked at in the first second.

import path from 'node:path';
import { toHex } from '../model/ids.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { partComponent } from '../metainfo/part-name.js';

/** Where a copy may be made: at the top of the folder, where a run finds it that places the files otherwise, or beside its own place. */
export interface CopyPlaces {
  readonly top: string;
  readonly beside: string;
}

/** Components of a torrent are safe as they are: `path.join` would look for dots and slashes in each of thousands. */
function below(folder: string, components: readonly string[]): string {
  return folder + (folder.endsWith(path.sep) ? '' : path.sep) + components.join(path.sep);
}

export class FilePaths {
  /** The output folder. */
  readonly folder: string;
  /** Where files grow, and where state lies: the output folder, if no other is named. */
  readonly partsFolder: string;
  readonly #metainfo: Metainfo;
  readonly #names: (string | undefined)[];
  readonly #parts: (string | undefined)[];

  constructor(folder: string, metainfo: Metainfo, partsFolder: string = folder) {
    this.folder = path.normalize(folder);
    this.partsFolder = path.normalize(partsFolder);
    this.#metainfo = metainfo;
    // Of their length at once: pieces come in any order, and a list that is filled so becomes a slow one.
    this.#names = Array<string | undefined>(metainfo.files.length).fill(undefined);
    this.#parts = [...this.#names];
  }

  name(file: number): string {
    return (this.#names[file] ??= below(this.folder, this.#metainfo.files[file].path));
  }

  part(file: number): string {
    return (this.#parts[file] ??= this.#partOf(file));
  }

  /** Where a copy of the file is made before it gets the part name: what lies there was never finished. */
  copy(file: number): CopyPlaces {
    return this.#copyIn(this.partsFolder, file);
  }

  /** Where a whole file from another file system arrives before it gets its name. */
  landing(file: number): CopyPlaces {
    return this.#copyIn(this.folder, file);
  }

  /** The part name to take where another file, not ours, lies under the usual one. */
  spare(file: number): string {
    return path.join(this.partsFolder, ...this.#metainfo.files[file].path.slice(0, -1), `${this.#prefix}${file}.part`);
  }

  /** From now on the file's part name is the spare one. */
  useSpare(file: number): void {
    this.#parts[file] = this.spare(file);
  }

  /** A hidden name of ours, of a copy or a spare part file: which file it is for, and what it is; null for any other. */
  parseHidden(name: string): { file: number; kind: 'copy' | 'part' } | null {
    const prefix = this.#prefix;
    const match = name.startsWith(prefix) ? /^(0|[1-9]\d{0,8})\.(copy|part)$/.exec(name.slice(prefix.length)) : null;
    if (match === null || !(Number(match[1]) in this.#metainfo.files)) return null;
    return { file: Number(match[1]), kind: match[2] === 'copy' ? 'copy' : 'part' };
  }

  #partOf(file: number): string {
    const { path: components } = this.#metainfo.files[file];
    const own = components[components.length - 1];
    const component = partComponent(this.#metainfo, file);
    if (this.partsFolder !== this.folder) return below(this.partsFolder, components.with(components.length - 1, component));
    // It is beside the file, whose place is asked for too.
    const name = this.name(file);
    return name.slice(0, name.length - own.length) + component;
  }

  #copyIn(root: string, file: number): CopyPlaces {
    const name = `${this.#prefix}${file}.copy`;
    return { top: path.join(root, name), beside: path.join(root, ...this.#metainfo.files[file].path.slice(0, -1), name) };
  }

  get #prefix(): string {
    const { v1, v2 } = this.#metainfo.infoHash;
    return `.effusion-${toHex(v1 ?? v2 ?? new Uint8Array(4)).slice(0, 8)}-`;
  }
}
