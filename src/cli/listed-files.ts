// The files of a torrent as cat and stream show them to whoever has to choose: with the numbers that --files takes, and as lines that are safe
// to print.

import type { MetainfoFile } from '../metainfo/metainfo.js';
import { formatBytes } from './render/human-numbers.js';
import { sanitise } from './render/sanitise.js';

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

/** A line for each file, for whoever has to choose one. */
export function describeFiles(files: readonly ListedFile[]): string[] {
  const width = String(Math.min(files.length, MAX_LISTED)).length;
  const lines = files
    .slice(0, MAX_LISTED)
    .map((file) => `${String(file.number).padStart(width + 2)}  ${sanitise(file.path, MAX_PATH)} (${formatBytes(file.length)})`);
  return files.length > MAX_LISTED ? [...lines, `  and ${files.length - MAX_LISTED} more`] : lines;
}
