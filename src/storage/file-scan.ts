// What is there already: for each file of a torrent, what lies under its name and under its part name. Only looks. Of the
// two the part file is the one that counts: it is the later one, made because the file of that name was not right.

import type { Metainfo } from '../metainfo/metainfo.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, REAL_DISK } from './disk.js';
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
}

export interface ScanOptions {
  readonly metainfo: Pick<Metainfo, 'files'>;
  readonly paths: FilePaths;
  /** Leave part files aside: for seeding, which serves what has its final name. */
  readonly namesOnly?: boolean;
  readonly disk?: Disk;
}

const NOTHING: FoundFile = { name: null, part: null };

/**
 * One entry for each file of the metainfo, padding included. Throws a StorageError where a folder, a symbolic link or a
 * special file is in the place of a file, or a link or file in the place of a folder.
 */
export function scanFiles(options: ScanOptions): FoundFile[] {
  const { metainfo, paths, namesOnly = false, disk = REAL_DISK } = options;
  const guard = new DirectoryGuard(paths.folder, disk);
  const absentFolders = new Set<string>();
  return metainfo.files.map((file, index) => {
    if (file.isPadding) return NOTHING;
    const folder = file.path.slice(0, -1).join('/');
    if (absentFolders.has(folder)) return NOTHING;
    if (!guard.existsFor(file.path)) {
      absentFolders.add(folder);
      return NOTHING;
    }
    const name = stampOf(paths.name(index), disk);
    const part = namesOnly ? null : stampOf(paths.part(index), disk);
    return name === null && part === null ? NOTHING : { name, part };
  });
}

/** The one of the two that counts, or null where neither is there. */
export function countingStamp(found: FoundFile): FileStamp | null {
  return found.part ?? found.name;
}

export function countingPath(found: FoundFile, paths: FilePaths, file: number): string | null {
  if (found.part !== null) return paths.part(file);
  return found.name === null ? null : paths.name(file);
}

function stampOf(path: string, disk: Disk): FileStamp | null {
  let stat;
  try {
    stat = disk.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return null;
    throw toStorageError('stat', path, error);
  }
  if (stat === undefined) return null;
  if (stat.isSymbolicLink()) throw refuse('open', path, 'ELOOP');
  if (stat.isDirectory()) throw refuse('open', path, 'EISDIR');
  if (!stat.isFile()) throw refuse('open', path, 'ENOTREG');
  return { size: Number(stat.size), mtimeNs: stat.mtimeNs.toString() };
}
