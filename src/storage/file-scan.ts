// What is there already: for each file of a torrent, what lies under its name and under its part name. Only looks. Of the
// two the part file is the one that counts: it is the later one, made because the file of that name was not right.

import path from 'node:path';
import type { Metainfo } from '../metainfo/metainfo.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, OPEN_READABLE, REAL_DISK } from './disk.js';
import type { FilePaths } from './file-paths.js';
import { errnoOf, refuse, toStorageError } from './storage-failure.js';

/** What tells one state of a file from another without reading it. */
export interface FileStamp {
  /** Bytes. */
  readonly size: number;
  /** Last modification, nanoseconds since 1970, decimal. */
  readonly mtimeNs: string;
}

export interface FoundFile {
  /** Under its own name; null where there is nothing. */
  readonly name: FileStamp | null;
  readonly part: FileStamp | null;
  /**
   * What `settleParts` found under the part name and took out of the count. `stale`: one of ours that the file under its own
   * name has made needless. `foreign`: not of this torrent, never to be touched.
   */
  readonly aside?: 'stale' | 'foreign';
  /** There is a file under the name that was not looked at: it is to be replaced, whatever it holds. */
  readonly isPassedOver?: boolean;
}

export interface ScanOptions {
  readonly metainfo: Pick<Metainfo, 'files'>;
  readonly paths: FilePaths;
  /** Leave part files aside: for seeding, which serves what has its final name. */
  readonly namesOnly?: boolean;
  /** Look for spare part names too (see `FilePaths.spare`), and let `paths` use those that are there: once a run. */
  readonly findsSpares?: boolean;
  /** Files that nothing depends on: what is in the way there, or can't be read, is as good as nothing. */
  readonly isLenient?: (file: number) => boolean;
  readonly disk?: Disk;
}

const NOTHING: FoundFile = { name: null, part: null };

/**
 * One entry for each file of the metainfo, padding included. Throws a StorageError where a folder, a symbolic link or a
 * special file is in the place of a file, or a link or file in the place of a folder.
 */
export function scanFiles(options: ScanOptions): FoundFile[] {
  const { metainfo, paths, namesOnly = false, findsSpares = false, isLenient = () => false, disk = REAL_DISK } = options;
  const isApart = paths.partsFolder !== paths.folder;
  const names = new KnownFolders(paths.folder, disk);
  const parts = isApart ? new KnownFolders(paths.partsFolder, disk) : names;
  const searchedFolders = new Set<string>();
  const { files } = metainfo;
  const found: FoundFile[] = [];
  /** The topmost folder that was found to be nowhere: mostly all of a torrent is in one. */
  let absentTop: string | null = null;
  for (let index = 0; index < files.length; index++) {
    const file = files[index];
    if (file.isPadding || (file.path[0] === absentTop && file.path.length > 1)) {
      found.push(NOTHING);
      continue;
    }
    found.push(isLenient(index) ? scanLeniently(file, index) : scanFile(file, index));
    if (names.lackAllOf(file.path) && (namesOnly || parts.lackAllOf(file.path))) absentTop = file.path[0];
  }
  return found;

  function scanLeniently(file: Metainfo['files'][number], index: number): FoundFile {
    try {
      const scanned = scanFile(file, index);
      const counting = countingPath(scanned, paths, index);
      if (counting !== null) disk.closeSync(disk.openSync(counting, OPEN_READABLE));
      return scanned;
    } catch {
      return NOTHING;
    }
  }

  function scanFile(file: Metainfo['files'][number], index: number): FoundFile {
    const folder = file.path.slice(0, -1).join('/');
    const mayHaveName = names.has(folder, file.path);
    const mayHavePart = !namesOnly && (isApart ? parts.has(folder, file.path) : mayHaveName);
    if (!mayHaveName && !mayHavePart) return NOTHING;
    if (findsSpares && mayHavePart && !searchedFolders.has(folder)) {
      searchedFolders.add(folder);
      for (const { file: other } of hiddenFiles(path.dirname(paths.part(index)), 'part', paths, disk)) paths.useSpare(other);
    }
    const name = mayHaveName ? stampOf(paths.name(index), disk) : null;
    const part = mayHavePart ? stampOf(paths.part(index), disk) : null;
    return name === null && part === null ? NOTHING : { name, part };
  }
}

/** The folders of one tree that are there, each looked at once. */
class KnownFolders {
  readonly #guard: DirectoryGuard;
  readonly #absent = new Set<string>();
  /** Of the absent ones those that would be in the tree's root: mostly all of a torrent is in one. */
  readonly #absentTops = new Set<string>();

  constructor(root: string, disk: Disk) {
    this.#guard = new DirectoryGuard(root, disk);
  }

  /** `folder`: of the file `components`, joined. Throws a StorageError where something else is in its place. */
  has(folder: string, components: readonly string[]): boolean {
    if (this.#absent.has(folder)) return false;
    if (this.#guard.existsFor(components)) return true;
    this.#absent.add(folder);
    if (!this.#guard.existsFor(components.slice(0, 2))) this.#absentTops.add(components[0]);
    return false;
  }

  /** It was seen already that the topmost folder of that file is not there, and with it nothing below. */
  lackAllOf(components: readonly string[]): boolean {
    return components.length > 1 && this.#absentTops.has(components[0]);
  }
}

/** Nothing lay under its name: what comes there later is somebody's, and was seen by nobody. */
export function isVacant({ name, isPassedOver = false }: FoundFile): boolean {
  return name === null && !isPassedOver;
}

/** The one of the two that counts, or null where neither is there. */
export function countingStamp(found: FoundFile): FileStamp | null {
  return found.part ?? found.name;
}

export function countingPath(found: FoundFile, paths: FilePaths, file: number): string | null {
  if (found.part !== null) return paths.part(file);
  return found.name === null ? null : paths.name(file);
}

/** Names of our own in that folder; none where it can't be read. */
export function hiddenFiles(
  folder: string,
  kind: 'copy' | 'part',
  paths: FilePaths,
  disk: Disk,
): { readonly file: number; readonly location: string }[] {
  const hidden: { file: number; location: string }[] = [];
  let names: string[];
  try {
    names = disk.readdirSync(folder);
  } catch {
    return [];
  }
  for (const name of names) {
    const own = paths.parseHidden(name);
    const location = path.join(folder, name);
    if (own === null || own.kind !== kind) continue;
    const copies = [paths.copy(own.file), paths.landing(own.file)];
    const places = kind === 'copy' ? copies.flatMap(({ top, beside }) => [top, beside]) : [paths.spare(own.file)];
    if (places.includes(location)) hidden.push({ file: own.file, location });
  }
  return hidden;
}

/** Null where nothing is there. Throws a StorageError where something else than a file is. */
export function stampOf(location: string, disk: Disk): FileStamp | null {
  let stat;
  try {
    stat = disk.lstatSync(location, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return null;
    throw toStorageError('stat', location, error);
  }
  if (stat === undefined) return null;
  if (stat.isSymbolicLink()) throw refuse('open', location, 'ELOOP');
  if (stat.isDirectory()) throw refuse('open', location, 'EISDIR');
  if (!stat.isFile()) throw refuse('open', location, 'ENOTREG');
  return { size: Number(stat.size), mtimeNs: stat.mtimeNs.toString() };
}
