// Everything between "a folder" and "a storage that blocks can go to", from the parts of storage/ alone: what the engine does
// with its own limits, lock and clock around it. For tests of those parts together on real files.

import type { Metainfo } from '../../src/metainfo/metainfo.js';
import type { Bitfield } from '../../src/model/bitfield.js';
import { checkExisting } from '../../src/storage/checker.js';
import { type Disk, REAL_DISK } from '../../src/storage/disk.js';
import { adoptFiles, type OverwriteRule } from '../../src/storage/existing-files.js';
import { FilePaths } from '../../src/storage/file-paths.js';
import { completeFiles } from '../../src/storage/file-progress.js';
import { scanFiles } from '../../src/storage/file-scan.js';
import { FileStorage } from '../../src/storage/file-storage.js';
import type { HashPool } from '../../src/storage/hash-pool.js';
import type { OpenFiles } from '../../src/storage/open-files.js';
import { ResumeFile } from '../../src/storage/resume-file.js';

export interface OpenTorrentFilesOptions {
  readonly metainfo: Metainfo;
  /** The output folder; may not exist yet. */
  readonly folder: string;
  /** Where files grow, and with which other places; default the output folder. */
  readonly partsFolder?: string;
  /** Of the resume state: files are not where the torrent says. */
  readonly isPlaced?: boolean;
  /**
   * download: part files count, and files may be adopted, cut and renamed. seed: only files under their own names are looked
   * at, and nothing on the disk is changed.
   */
  readonly mode: 'download' | 'seed';
  readonly overwrite: OverwriteRule;
  readonly fsync: boolean;
  readonly syncWriteBytes: number;
  readonly copyStepBytes?: number;
  readonly openFiles: OpenFiles;
  readonly hashPool: HashPool;
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

export interface TorrentFiles {
  readonly storage: FileStorage;
  readonly have: Bitfield;
  readonly resumeFile: ResumeFile;
  /** Whether a resume file vouched for any piece. */
  readonly resumed: boolean;
  /** Bytes that had to be read. */
  readonly checkedBytes: number;
}

/** Rejects with a StorageError, or with the signal's reason. Where every piece is there, every file has its name afterwards. */
export async function openTorrentFiles(options: OpenTorrentFilesOptions): Promise<TorrentFiles> {
  const { metainfo, folder, mode, overwrite, hashPool, disk = REAL_DISK } = options;
  const paths = new FilePaths(folder, metainfo, options.partsFolder);
  const isPlaced = options.isPlaced ?? options.partsFolder !== undefined;
  const resumeFile = new ResumeFile({ metainfo, paths, isPlaced, disk });
  const scanned = scanFiles({ metainfo, paths, namesOnly: mode === 'seed', findsSpares: mode === 'download', disk });
  const { have, found, resumed, checkedBytes } = await checkExisting({
    metainfo,
    paths,
    found: scanned,
    resume: await resumeFile.load(),
    hashPool,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const { copyStepBytes, signal } = options;
  const adoption = { metainfo, paths, found, have, overwrite, copyStepBytes: copyStepBytes ?? 4_194_304, disk };
  const finished =
    mode === 'seed'
      ? new Set(metainfo.files.keys())
      : await adoptFiles(signal === undefined ? adoption : { ...adoption, signal });
  const storage = new FileStorage({
    files: metainfo.files,
    paths,
    openFiles: options.openFiles,
    finished,
    syncWriteBytes: options.syncWriteBytes,
    fsync: options.fsync,
    disk,
  });
  if (mode === 'download' && have.isFull) {
    // Only empty files can be left: they come into being when everything else is there.
    for (const file of completeFiles(metainfo.files, metainfo.geometry, have)) await storage.finishFile(file);
    resumeFile.remove();
  }
  return { storage, have, resumeFile, resumed, checkedBytes };
}
