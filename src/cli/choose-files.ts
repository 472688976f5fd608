// The files that --files of cat and stream names: an index from 1 in the torrent's order, a path, or a path with * for any characters; several
// with commas between them. A small seam: the full language of --files takes its place.

import type { MetainfoFile } from '../metainfo/metainfo.js';
import { matchesGlob } from '../model/glob.js';
import { formatBytes } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';
import { UsageError } from './usage-error.js';

/** A file as it is chosen and shown. */
export interface ListedFile {
  /** From 1; padding has none. */
  readonly number: number;
  /** In `metainfo.files`. */
  readonly index: number;
  /** With slashes, without the folder that all files of a torrent are in. */
  readonly path: string;
  readonly length: number;
}

const MAX_LISTED = 100;
const MAX_PATH = 200;

/** The files that can be chosen, in the torrent's order. */
export function listFiles(files: readonly MetainfoFile[], isSingleFile: boolean): ListedFile[] {
  const listed: ListedFile[] = [];
  for (const [index, file] of files.entries()) {
    if (file.isPadding) continue;
    const path = (isSingleFile ? file.path : file.path.slice(1)).join('/');
    listed.push({ number: listed.length + 1, index, path, length: file.length });
  }
  return listed;
}

/** The chosen ones in the torrent's order. Throws UsageError where a part of `spec` names none. */
export function chooseFiles(spec: string, files: readonly ListedFile[]): ListedFile[] {
  const whole = files.filter((file) => file.path === spec);
  if (whole.length > 0) return whole;
  const chosen = new Set<ListedFile>();
  for (const part of spec.split(',')) {
    const matches = files.filter((file) => (/^\d+$/.test(part) ? file.number === Number(part) : matchesGlob(part, file.path)));
    if (matches.length === 0) {
      throw new UsageError(
        `--files: '${sanitise(part, MAX_PATH)}' is no file of the torrent`,
        'Name one by its number or its path.',
      );
    }
    for (const file of matches) chosen.add(file);
  }
  return files.filter((file) => chosen.has(file));
}

/** A line for each file, for whoever has to choose one. */
export function describeFiles(files: readonly ListedFile[]): string[] {
  const width = String(Math.min(files.length, MAX_LISTED)).length;
  const lines = files
    .slice(0, MAX_LISTED)
    .map((file) => `${String(file.number).padStart(width + 2)}  ${sanitise(file.path, MAX_PATH)} (${formatBytes(file.length)})`);
  return files.length > MAX_LISTED ? [...lines, `  and ${files.length - MAX_LISTED} more`] : lines;
}
