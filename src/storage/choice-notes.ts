// Which chosen files were whole when a run ended, by size and time. Their first and last pieces are shared with files that are not there,
// so nothing beside the data could prove it again, and nothing of ours stays there: it is noted in the user's cache. Without a note, or
// with another time of the file, those pieces are fetched once more. What is broken, foreign or too long in it counts as not there.

import path from 'node:path';
import { sha1 } from '../hash/digest.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { toHex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import type { FileStamp } from './file-scan.js';

const VERSION = 1;
const MAX_BYTES = 8_388_608;

export interface ChoiceNotesOptions {
  /** Made where it is missing. */
  readonly folder: string;
  /** Where the torrent's data is: a note is about one place. */
  readonly dataFolder: string;
  /** Where its files are in there; left out: where the torrent says. Another file, as large and as old, may lie at the place of one now. */
  readonly placedFiles?: readonly { readonly path: readonly string[] }[];
  readonly infoHash: Metainfo['infoHash'];
  /** Notes that are kept, of all torrents; the oldest go. */
  readonly maxNotes: number;
  readonly disk?: Disk;
}

export class ChoiceNotes {
  readonly #options: ChoiceNotesOptions;
  readonly #disk: Disk;
  readonly #path: string;

  constructor(options: ChoiceNotesOptions) {
    const { v1, v2 } = options.infoHash;
    const files = (options.placedFiles ?? []).map((file) => `\0${file.path.join('/')}`).join('');
    const place = `${toHex(v1 ?? v2 ?? new Uint8Array())} ${path.resolve(options.dataFolder)}${files}`;
    this.#options = options;
    this.#disk = options.disk ?? REAL_DISK;
    this.#path = path.join(options.folder, `${toHex(sha1(new TextEncoder().encode(place)))}.json`);
  }

  /** By index of the file. Never throws. */
  read(): ReadonlyMap<number, FileStamp> {
    try {
      if (this.#disk.statSync(this.#path).size > MAX_BYTES) return new Map();
      return parseNotes(this.#disk.readFileSync(this.#path, 'utf8'));
    } catch {
      return new Map();
    }
  }

  /** Notes the files besides those that were noted before. Never throws: what can't be noted costs some pieces, no more. */
  add(stamps: ReadonlyMap<number, FileStamp>): void {
    const all = new Map([...this.read(), ...stamps]);
    const draft = `${this.#path}.${process.pid}.tmp`;
    try {
      this.#disk.mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
      this.#disk.writeFileSync(draft, formatNotes(all));
      this.#disk.renameSync(draft, this.#path);
      this.#forgetOldest();
    } catch {
      try {
        this.#disk.unlinkSync(draft);
      } catch {
        // What can't be written can't be removed either.
      }
    }
  }

  #forgetOldest(): void {
    const { folder, maxNotes } = this.#options;
    const names = this.#disk.readdirSync(folder).filter((name) => /^[0-9a-f]{40}\.json$/.test(name));
    if (names.length <= maxNotes) return;
    const aged = names.map((name) => ({ name, at: this.#disk.statSync(path.join(folder, name)).mtimeMs }));
    aged.sort((a, b) => a.at - b.at);
    for (const { name } of aged.slice(0, names.length - maxNotes)) this.#disk.unlinkSync(path.join(folder, name));
  }
}

function formatNotes(stamps: ReadonlyMap<number, FileStamp>): string {
  const files = [...stamps].map(([file, { size, mtimeNs }]) => [file, size, mtimeNs]);
  return `${JSON.stringify({ version: VERSION, files })}\n`;
}

/** Throws SyntaxError where it is no JSON; entries that can't be are left out. */
export function parseNotes(text: string): Map<number, FileStamp> {
  const value: unknown = JSON.parse(text);
  const stamps = new Map<number, FileStamp>();
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== VERSION) return stamps;
  for (const entry of 'files' in value && Array.isArray(value.files) ? (value.files as unknown[]) : []) {
    if (!Array.isArray(entry)) continue;
    const [file, size, mtimeNs] = entry as unknown[];
    if (!Number.isSafeInteger(file) || !Number.isSafeInteger(size) || typeof mtimeNs !== 'string') continue;
    stamps.set(file as number, { size: size as number, mtimeNs });
  }
  return stamps;
}
