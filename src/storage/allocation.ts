// Files get their full length before the first byte comes. `sparse` only sets the length. `full` takes the space: Node knows no call for
// it, so zeros are written wherever nothing verified lies, in steps that a signal can end; in the parts file too, whose pieces are asked for
// room like those of any file. Where the disk is full, what was taken is given back: a run that did not begin takes up nothing.

import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Bitfield } from '../model/bitfield.js';
import { STAT_BLOCK_BYTES } from './allocated-bytes.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, OPEN_WRITABLE, REAL_DISK } from './disk.js';
import type { FilePaths } from './file-paths.js';
import type { PartsSpace } from './parts-file.js';
import { toStorageError } from './storage-failure.js';

export interface AllocationOptions {
  readonly mode: 'sparse' | 'full';
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry'>;
  readonly paths: FilePaths;
  readonly have: Bitfield;
  /** Files that have their own names. */
  readonly finished: ReadonlySet<number>;
  /** Of the parts file, whose length alone is of no use: `sparse` leaves it out. Default: there is none. */
  readonly parts?: Pick<PartsSpace, 'path' | 'components' | 'missing'>;
  /** Bytes written between two looks at the signal. */
  readonly stepBytes: number;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

interface Range {
  readonly offset: number;
  readonly length: number;
}

/** A file that is to take up its space. */
interface Claimant {
  readonly path: string;
  /** Below the folder where files grow. */
  readonly components: readonly string[];
  /** Bytes; shorter ones are made as long. Null: as long as its gaps make it. */
  readonly length: number | null;
  readonly gaps: readonly Range[];
}

/** Rejects with a StorageError (`ENOSPC`: nothing of it is left), or with the signal's reason. */
export async function allocateFiles(options: AllocationOptions): Promise<void> {
  const { mode, paths, stepBytes, onProgress, signal, disk = REAL_DISK } = options;
  const guard = new DirectoryGuard(paths.partsFolder, disk);
  const claimants = claimantsOf(options, disk);
  let totalBytes = 0;
  for (const { gaps } of claimants) for (const { length } of gaps) totalBytes += length;
  let doneBytes = 0;
  /** Sizes before, for those that were touched; null: they were not there. */
  const before = new Map<string, number | null>();
  const zeros = new Uint8Array(mode === 'full' ? stepBytes : 0);
  for (const { path: location, components, length: fullLength, gaps } of claimants) {
    signal?.throwIfAborted();
    try {
      guard.ensureFor(components);
      const size = sizeOf(location, disk);
      before.set(location, size);
      const fd = disk.openSync(location, OPEN_WRITABLE, 0o666);
      try {
        for (const { offset, length } of gaps) {
          for (let at = 0; at < length;) {
            signal?.throwIfAborted();
            const count = await write(disk, fd, zeros, Math.min(stepBytes, length - at), offset + at);
            at += count;
            doneBytes += count;
            onProgress?.(doneBytes, totalBytes);
          }
        }
        // By another's hand it may be longer, which is the checker's to see to.
        if (fullLength !== null && (size ?? 0) < fullLength) disk.ftruncateSync(fd, fullLength);
      } finally {
        disk.closeSync(fd);
      }
    } catch (error) {
      signal?.throwIfAborted();
      for (const [touched, oldSize] of before) giveBack(touched, oldSize, disk);
      throw toStorageError('allocate', location, error);
    }
  }
}

function claimantsOf(options: AllocationOptions, disk: Disk): Claimant[] {
  const { mode, metainfo, paths, finished, parts } = options;
  const { files } = metainfo;
  const unfinished = files.flatMap((file, index) => (file.isPadding || file.length === 0 || finished.has(index) ? [] : [index]));
  const gaps = mode === 'full' ? gapsOf(unfinished, options, disk) : new Map<number, readonly Range[]>();
  const claimants: Claimant[] = unfinished.map((file) => ({
    path: paths.part(file),
    components: files[file].path,
    length: files[file].length,
    gaps: gaps.get(file) ?? [],
  }));
  if (mode === 'full' && parts !== undefined && parts.missing.length > 0) {
    claimants.push({ path: parts.path, components: parts.components, length: null, gaps: parts.missing });
  }
  return claimants;
}

/** Where nothing verified lies; nothing for files that take up their whole length already. */
function gapsOf(
  unfinished: readonly number[],
  { metainfo, paths, have }: AllocationOptions,
  disk: Disk,
): Map<number, readonly Range[]> {
  const { files, geometry } = metainfo;
  const gaps = new Map<number, Range[]>();
  for (const file of unfinished) if (!isAllocated(paths.part(file), files[file].length, disk)) gaps.set(file, []);
  const layout = FileLayout.of(files);
  for (const piece of geometry.pieces()) {
    if (have.has(piece)) continue;
    for (const { file, fileOffset, length } of layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))) {
      const ranges = gaps.get(file);
      if (ranges === undefined) continue;
      const last = ranges.at(-1);
      if (last !== undefined && last.offset + last.length === fileOffset) ranges.pop();
      const isNext = last !== undefined && last.offset + last.length === fileOffset;
      ranges.push(isNext ? { offset: last.offset, length: last.length + length } : { offset: fileOffset, length });
    }
  }
  return gaps;
}

function isAllocated(location: string, length: number, disk: Disk): boolean {
  try {
    const stat = disk.lstatSync(location, { throwIfNoEntry: false });
    return stat !== undefined && stat.size >= length && stat.blocks * STAT_BLOCK_BYTES >= length;
  } catch {
    return false;
  }
}

function sizeOf(location: string, disk: Disk): number | null {
  return disk.lstatSync(location, { throwIfNoEntry: false })?.size ?? null;
}

function giveBack(location: string, size: number | null, disk: Disk): void {
  try {
    if (size === null) {
      disk.unlinkSync(location);
      return;
    }
    const fd = disk.openSync(location, OPEN_WRITABLE);
    try {
      disk.ftruncateSync(fd, size);
    } finally {
      disk.closeSync(fd);
    }
  } catch {
    // It stays as it is: the next run goes on from it.
  }
}

function write(disk: Disk, fd: number, bytes: Uint8Array, length: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    disk.write(fd, bytes, 0, length, offset, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
