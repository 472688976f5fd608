// Is there room for what is missing? Asked before a byte is fetched, so that a disk that is too small is told at once and not after hours.
// What a file has already counts by its blocks, since a file with holes is longer than what it takes up; and by its verified pieces, since
// some file systems count blocks only when they have written them.

import path from 'node:path';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Bitfield } from '../model/bitfield.js';
import { StorageError } from '../model/error.js';
import { allocatedBytes } from './allocated-bytes.js';
import { type Disk, REAL_DISK } from './disk.js';
import { deviceOf } from './file-device.js';
import type { FilePaths } from './file-paths.js';
import type { FoundFile } from './file-scan.js';
import type { PartsSpace } from './parts-file.js';

export interface SpaceOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry'>;
  readonly paths: FilePaths;
  readonly have: Bitfield;
  /** Files that have their own names. */
  readonly finished: ReadonlySet<number>;
  /** What a look at the folder found just now: where that was nothing, nothing is asked of the disk. */
  readonly found?: readonly FoundFile[];
  /** The file for pieces that are kept whole although some of their files are not made, and the bytes of those that it has or will have. */
  readonly parts?: Pick<PartsSpace, 'path' | 'bytes'>;
  readonly disk?: Disk;
}

/** Of one file system. */
export interface SpaceNeed {
  /** As it was named. */
  readonly folder: string;
  readonly device: number;
  readonly neededBytes: number;
  /** To us; null where the file system does not say. */
  readonly freeBytes: number | null;
}

/** One entry for each file system: of the folder where files grow, and of the output folder where that is another. Never throws. */
export function measureSpace(options: SpaceOptions): SpaceNeed[] {
  const { metainfo, paths, finished, disk = REAL_DISK } = options;
  const parts = placeOf(paths.partsFolder, disk);
  const output = paths.folder === paths.partsFolder ? parts : placeOf(paths.folder, disk);
  const needs = [{ folder: paths.partsFolder, ...parts, neededBytes: missingBytes(options, disk) }];
  if (parts.device !== output.device) {
    const unfinished = metainfo.files.filter((file, index) => !file.isPadding && !finished.has(index));
    needs.push({ folder: paths.folder, ...output, neededBytes: unfinished.reduce((sum, file) => sum + file.length, 0) });
  }
  return needs;
}

/** `others`: bytes that are promised on that file system already. Throws a StorageError (`ENOSPC`). */
export function refuseWhereFull(need: SpaceNeed, others: number): void {
  const { folder, neededBytes, freeBytes } = need;
  if (freeBytes === null || neededBytes + others <= freeBytes || neededBytes === 0) return;
  const also = others === 0 ? '' : `, and ${inMebibytes(others)} for what else is under way`;
  const text = `not enough space on the file system of ${folder}: ${inMebibytes(neededBytes)} are needed${also}, ${inMebibytes(freeBytes, Math.floor)} are free (ENOSPC)`;
  const advice = 'Free some space, choose another folder with --output, or go on in spite of it with --no-space-check.';
  throw new StorageError(text, { operation: 'space', path: folder, errno: 'ENOSPC' }, { advice });
}

function missingBytes({ metainfo, paths, have, finished, found, parts }: SpaceOptions, disk: Disk): number {
  const { files, geometry } = metainfo;
  const verified = new Float64Array(files.length);
  const layout = FileLayout.of(files);
  for (const piece of have) {
    for (const { file, length } of layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece)))
      verified[file] += length;
  }
  /** Folders of part files, and whether they are there: in a first run mostly none is, however many files there are. */
  const folders = new Map<string, boolean>();
  const allocated = (location: string): number => {
    const folder = path.dirname(location);
    const isThere = folders.get(folder) ?? disk.existsSync(folder);
    folders.set(folder, isThere);
    return isThere ? allocatedBytes(location, disk) : 0;
  };
  let missing = parts === undefined ? 0 : Math.max(0, parts.bytes - allocated(parts.path));
  for (let index = 0; index < files.length; index++) {
    const file = files[index];
    if (file.isPadding || finished.has(index)) continue;
    const isNew = found !== undefined && isNothing(found[index]);
    const present = isNew ? verified[index] : Math.max(verified[index], allocated(paths.part(index)));
    if (present < file.length) missing += file.length - present;
  }
  return missing;
}

function isNothing({ name, part, aside }: FoundFile): boolean {
  return name === null && part === null && aside === undefined;
}

function placeOf(folder: string, disk: Disk): { device: number; freeBytes: number | null } {
  const device = deviceOf(folder, disk);
  if (device === null) return { device: -1, freeBytes: null };
  try {
    const { bavail, bsize, blocks } = disk.statfsSync(device.folder);
    // Some that have no size of their own say that they have none left.
    return { device: device.number, freeBytes: blocks === 0 ? null : bavail * bsize };
  } catch {
    return { device: device.number, freeBytes: null };
  }
}

function inMebibytes(bytes: number, round = Math.ceil): string {
  return `${(round((bytes / 1_048_576) * 10) / 10).toFixed(1)} MiB`;
}
