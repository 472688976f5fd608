// The two absolute paths of each file of a torrent: its own name, and the part name under which it grows.
// Worked out when first asked for: most files of a large torrent are not looked at in the first second.

import path from 'node:path';
import type { Metainfo } from '../metainfo/metainfo.js';
import { partName } from '../metainfo/part-name.js';

export class FilePaths {
  /** The output folder. */
  readonly folder: string;
  readonly #metainfo: Metainfo;
  readonly #names: (string | undefined)[] = [];
  readonly #parts: (string | undefined)[] = [];

  constructor(folder: string, metainfo: Metainfo) {
    this.folder = folder;
    this.#metainfo = metainfo;
  }

  name(file: number): string {
    return (this.#names[file] ??= path.join(this.folder, ...this.#metainfo.files[file].path));
  }

  part(file: number): string {
    return (this.#parts[file] ??= path.join(this.folder, ...partName(this.#metainfo, file)));
  }
}
