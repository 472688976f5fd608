// What becomes of files that are there when a download starts. A file that is whole is taken as it is. One of that name that
// is not right is never changed in place: if some of its pieces match, a copy becomes the part file and is repaired, and
// takes the name only when it is whole. So a run that fails leaves nothing worse than it was.

import path from 'node:path';
import type { Metainfo } from '../metainfo/metainfo.js';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, OPEN_WRITABLE, REAL_DISK } from './disk.js';
import type { FileChoice } from './file-choice.js';
import { copyFile, placeForCopy } from './file-copy.js';
import { moveFile } from './file-move.js';
import type { FilePaths } from './file-paths.js';
import { completeFiles } from './file-progress.js';
import { FileVerdicts } from './file-verdicts.js';
import { type FoundFile, hiddenFiles, isVacant } from './file-scan.js';
import { errnoOf, refuse, toStorageError } from './storage-failure.js';

/** `repair`: a file that differs is replaced once the right one is whole. `never`: that is refused. */
export type OverwriteRule = 'repair' | 'never';

export interface AdoptOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry'>;
  readonly paths: FilePaths;
  /** Of `checkExisting`. */
  readonly found: readonly FoundFile[];
  /** Verified pieces, of `checkExisting`. */
  readonly have: Bitfield;
  readonly overwrite: OverwriteRule;
  /** The files to be made, and the pieces these need; all others are left as they are. Left out: all. */
  readonly choice?: Pick<FileChoice, 'targets' | 'wanted'> | null;
  /** Files that are known to differ: the parts file has their bytes (`recoverParts`). */
  readonly contradicted?: ReadonlySet<number>;
  /** Bytes copied between two looks at the signal. */
  readonly copyStepBytes: number;
  /** After each of them. */
  readonly onCopyStep?: () => void;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

/** What is to be done with one file. */
interface Plan {
  readonly file: number;
  /** Bytes of the file of that name, where a copy of it becomes the part file; else null. */
  readonly copiedBytes: number | null;
  /** Bytes to cut the part file to; null where it is not too long. */
  readonly cutTo: number | null;
  /** The part file is whole and gets its name. */
  readonly renames: boolean;
}

/**
 * With `never`: throws a StorageError (`EEXIST`) where a file that is to be made has its name taken by another one. The one that is wrong is
 * named, where that can be told.
 */
export function refuseExisting(options: Omit<AdoptOptions, 'overwrite' | 'copyStepBytes'>): void {
  const { metainfo, paths, found, choice = null, contradicted = new Set<number>() } = options;
  const complete = completeOf(options);
  const verdicts = new FileVerdicts(options);
  const inTheWay: number[] = [];
  for (const [file, { name, aside }] of found.entries()) {
    if (metainfo.files[file].isPadding || choice?.targets.has(file) === false || isNamed(file, options, complete)) continue;
    if (aside === 'foreign') throw refuse('open', `${paths.name(file)}.part`, 'EEXIST');
    if (name !== null) inTheWay.push(file);
  }
  const wrong = inTheWay.find((file) => contradicted.has(file) || verdicts.isWrong(file));
  if (wrong !== undefined) throw refuse('open', paths.name(wrong), 'EEXIST');
  if (inTheWay.length > 0) throw refuse('compare', paths.name(inTheWay[0]), 'EEXIST');
}

/** It has its name and every byte. */
function isNamed(
  file: number,
  { metainfo, found }: Pick<AdoptOptions, 'metainfo' | 'found'>,
  complete: ReadonlySet<number>,
): boolean {
  const [{ name, part }, { length }] = [found[file], metainfo.files[file]];
  return part === null && name?.size === length && (complete.has(file) || length === 0);
}

function completeOf({ metainfo, have, choice = null }: Pick<AdoptOptions, 'metainfo' | 'have' | 'choice'>): Set<number> {
  return completeFiles(metainfo.files, metainfo.geometry, have, choice === null ? have.isFull : have.includes(choice.wanted));
}

/**
 * Brings the disk into the state that FileStorage expects and returns the files that have their own name. With `never`, a
 * StorageError (`EEXIST`) comes before anything is written. The signal ends it between two files, and within a copy, of which
 * nothing is left then: the next run begins that one again. Rejects with a StorageError or the signal's reason.
 */
export async function adoptFiles(options: AdoptOptions): Promise<Set<number>> {
  const { metainfo, paths, found, have, overwrite, choice = null, disk = REAL_DISK } = options;
  const { files, geometry } = metainfo;
  const layout = FileLayout.of(files);
  if (overwrite === 'never') refuseExisting(options);
  const complete = completeOf(options);
  const finished = new Set<number>();
  const plans: Plan[] = [];
  const stale: string[] = [];
  for (let file = 0; file < files.length; file++) {
    const { name, part, aside } = found[file];
    if ((name === null && part === null) || files[file].isPadding) continue;
    if (choice !== null && !choice.targets.has(file)) {
      if (part === null && name !== null) finished.add(file);
      continue;
    }
    const { length } = files[file];
    if (isNamed(file, options, complete)) {
      finished.add(file);
      if (aside === 'stale') stale.push(paths.part(file));
      continue;
    }
    const copiedBytes = part === null && name !== null && hasPieceOf(file) ? name.size : null;
    const size = part?.size ?? copiedBytes;
    if (size === null) continue;
    plans.push({ file, copiedBytes, cutTo: size > length ? length : null, renames: complete.has(file) });
  }
  removeCopies(options);
  for (const part of stale) removeStale(part, disk);
  for (const plan of plans) {
    options.signal?.throwIfAborted();
    if (plan.copiedBytes !== null) await copyToPart(plan, plan.copiedBytes, options);
    else if (plan.cutTo !== null) cut(paths.part(plan.file), plan.cutTo, disk);
    if (!plan.renames) continue;
    await giveName(plan.file, options);
    finished.add(plan.file);
  }
  return finished;

  function hasPieceOf(file: number): boolean {
    const range = layout.piecesOf(file, geometry);
    if (range === null) return false;
    for (let piece = range.first; piece <= range.last; piece = (piece + 1) as PieceIndex) if (have.has(piece)) return true;
    return false;
  }
}

/** The part file is whole; its place may be in a folder that is not there yet. */
async function giveName(
  file: number,
  { metainfo, paths, found, overwrite, copyStepBytes, onCopyStep, signal, disk = REAL_DISK }: AdoptOptions,
): Promise<void> {
  const { path: components, length } = metainfo.files[file];
  const isApart = paths.partsFolder !== paths.folder;
  if (isApart) new DirectoryGuard(paths.folder, disk).ensureFor(components);
  const landing = paths.landing(file);
  const moving = moveFile({
    from: paths.part(file),
    to: paths.name(file),
    landing: () => (isApart ? placeForCopy(landing, disk) : landing.beside),
    isKept: overwrite === 'never' || isVacant(found[file]),
    length,
    stepBytes: copyStepBytes,
    disk,
    ...(signal === undefined ? {} : { signal }),
    ...(onCopyStep === undefined ? {} : { onStep: onCopyStep }),
  });
  if (moving !== undefined) await moving;
}

/** By way of another name: a part file, of whatever length, counts more than the file it was copied from. */
async function copyToPart(plan: Plan, size: number, options: AdoptOptions): Promise<void> {
  const { paths, copyStepBytes: stepBytes, onCopyStep: onStep, signal, disk = REAL_DISK } = options;
  const from = paths.name(plan.file);
  let copy = paths.copy(plan.file).beside;
  try {
    if (paths.partsFolder !== paths.folder)
      new DirectoryGuard(paths.partsFolder, disk).ensureFor(options.metainfo.files[plan.file].path);
    copy = placeForCopy(paths.copy(plan.file), disk);
    await copyFile({
      from,
      to: copy,
      maxBytes: plan.cutTo ?? size,
      stepBytes,
      disk,
      ...(signal === undefined ? {} : { signal }),
      ...(onStep === undefined ? {} : { onStep }),
    });
    // The copy gets the original's permissions, which may forbid to write.
    disk.chmodSync(copy, (disk.lstatSync(from).mode & 0o777) | 0o600);
    if (plan.cutTo !== null) cut(copy, plan.cutTo, disk);
    disk.renameSync(copy, paths.part(plan.file));
  } catch (error) {
    unlinkQuietly(copy, disk);
    signal?.throwIfAborted();
    throw toStorageError('copy', paths.part(plan.file), error);
  }
}

/** Copies that a run was killed over, wherever it placed the files. */
function removeCopies(options: AdoptOptions): void {
  const { paths, found, disk = REAL_DISK } = options;
  const folders = new Set([paths.folder, paths.partsFolder]);
  for (let file = 0; file < found.length; file++) {
    const { name, part } = found[file];
    if (name === null && part === null) continue;
    folders.add(path.dirname(paths.name(file)));
    folders.add(path.dirname(paths.part(file)));
  }
  for (const folder of folders)
    for (const { location } of hiddenFiles(folder, 'copy', paths, disk)) unlinkQuietly(location, disk);
}

function removeStale(part: string, disk: Disk): void {
  try {
    disk.unlinkSync(part);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw toStorageError('unlink', part, error);
  }
}

function unlinkQuietly(location: string, disk: Disk): void {
  try {
    disk.unlinkSync(location);
  } catch {
    // It never came into being, or stays as one more hidden file.
  }
}

function cut(part: string, length: number, disk: Disk): void {
  try {
    const fd = disk.openSync(part, OPEN_WRITABLE);
    try {
      disk.ftruncateSync(fd, length);
    } finally {
      disk.closeSync(fd);
    }
  } catch (error) {
    throw toStorageError('truncate', part, error);
  }
}
