// Data that is there already, in other folders and under other names, taken instead of fetched. A file of the wanted size is believed as
// far as the torrent's piece hashes go: pieces that lie in it alone decide, one that it shares with others only where all of them are at
// hand. What is taken is copied (or its blocks are shared, where the file system can), never moved, and read once more by the check that
// follows: it may change while it is copied.

import path from 'node:path';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { matchesPieceHash } from '../metainfo/piece-hashes.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, REAL_DISK } from './disk.js';
import { copyFile, placeForCopy } from './file-copy.js';
import type { FilePaths } from './file-paths.js';
import { countingPath, type FoundFile } from './file-scan.js';
import type { HashPool } from './hash-pool.js';
import type { HashFile } from './range-hasher.js';
import { findBySize, type SearchLimits } from './reuse-search.js';
import { toStorageError } from './storage-failure.js';

export interface ReuseOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry' | 'pieceHashes'>;
  readonly paths: FilePaths;
  /** Of `checkExisting`. */
  readonly found: readonly FoundFile[];
  readonly have: Bitfield;
  readonly folders: readonly string[];
  /** Files that are to be made; default all. */
  readonly isChosen?: (file: number) => boolean;
  readonly limits: SearchLimits;
  readonly hashPool: HashPool;
  /** Bytes read so far; of how many, is not known before. */
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

export interface Reusable {
  /** An index into the metainfo's files. */
  readonly file: number;
  readonly from: string;
}

export interface ReuseResult {
  readonly files: readonly Reusable[];
  /** What would be there after it, as far as it can be told before. */
  readonly have: Bitfield;
}

interface Candidate {
  readonly from: string;
  readonly pieces: readonly PieceIndex[];
}

/** Only reads. Rejects with a StorageError where a folder can't be read, or with the signal's reason. */
export async function findReusable(options: ReuseOptions): Promise<ReuseResult> {
  const { metainfo, paths, found, have, folders, limits, hashPool, onProgress, signal } = options;
  const { isChosen = () => true, disk = REAL_DISK } = options;
  const { files, geometry, pieceHashes } = metainfo;
  const layout = FileLayout.of(files);
  const after = have.clone();
  const wanted = files.flatMap((file, index) =>
    !file.isPadding && isChosen(index) && piecesOf(index).some((piece) => !have.has(piece)) ? [index] : [],
  );
  const bySize = await findBySize(folders, new Set(wanted.map((index) => files[index].length)), limits, disk, signal);

  const chosen = new Map<number, string>();
  /** Files that no piece lies in alone: right or wrong with their neighbours only. */
  const unsure: number[] = [];
  let checkedBytes = 0;
  let totalBytes = 0;
  for (const file of wanted) {
    const candidates = candidatesFor(file);
    if (candidates.length === 0) continue;
    const own = piecesOf(file).filter((piece) => isAlone(piece));
    const had = own.filter((piece) => have.has(piece)).length;
    const hasAny = piecesOf(file).some((piece) => have.has(piece));
    if (own.length === 0) {
      const [first] = candidates;
      const isTold = candidates.length === 1 || path.basename(first) === nameOf(file);
      if (hasAny || !isTold) continue;
      chosen.set(file, first);
      unsure.push(file);
      continue;
    }
    totalBytes += files[file].length;
    let best: Candidate | null = null;
    for (const from of candidates) {
      const pieces = await matching(file, from, own);
      if (pieces.length > (best?.pieces.length ?? had)) best = { from, pieces };
      if (pieces.length === own.length) break;
    }
    // A part of ours that has some pieces gives way to a file that has all, not to one that has others.
    if (best === null || (hasAny && best.pieces.length < own.length)) continue;
    chosen.set(file, best.from);
    for (const piece of best.pieces) after.set(piece);
  }
  await decideShared();
  return { files: [...chosen].map(([file, from]) => ({ file, from })), have: after };

  function piecesOf(file: number): PieceIndex[] {
    const range = layout.piecesOf(file, geometry);
    if (range === null) return [];
    return Array.from({ length: range.last - range.first + 1 }, (_, index) => (range.first + index) as PieceIndex);
  }

  function isAlone(piece: PieceIndex): boolean {
    return filesOf(piece).length === 1;
  }

  function filesOf(piece: PieceIndex): number[] {
    const slices = layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece));
    return slices.filter((slice) => !slice.isPadding).map((slice) => slice.file);
  }

  function nameOf(file: number): string {
    return files[file].path[files[file].path.length - 1];
  }

  /** Those of the file's own name first; its own places have been looked at. */
  function candidatesFor(file: number): string[] {
    const own = new Set([path.resolve(paths.name(file)), path.resolve(paths.part(file))]);
    const all = (bySize.get(files[file].length) ?? []).filter((location) => !own.has(location));
    const isNamed = (location: string): boolean => path.basename(location) === nameOf(file);
    return [...all.filter(isNamed), ...all.filter((location) => !isNamed(location))];
  }

  /** Which of `pieces`, that lie in the file alone, are right in `from`. Three of them are looked at first: most files are others. */
  async function matching(file: number, from: string, pieces: readonly PieceIndex[]): Promise<PieceIndex[]> {
    const probes = [...new Set([pieces[0], pieces[pieces.length >> 1], pieces[pieces.length - 1]])];
    const right: PieceIndex[] = [];
    for (const piece of probes) right.push(...(await hashRun(alone(file, from), piece, piece)));
    if (right.length === 0 || probes.length === pieces.length) return right;
    const all = await hashRun(alone(file, from), pieces[0], pieces[pieces.length - 1]);
    return all.filter((piece) => isAlone(piece));
  }

  /** The torrent with one file in it, of which everything around it is taken for padding. */
  function alone(file: number, from: string): HashFile[] {
    const { offset, length } = files[file];
    const rest = geometry.totalLength - offset - length;
    const around = (bytes: number): HashFile[] => (bytes > 0 ? [{ path: null, length: bytes, isPadding: true }] : []);
    return [...around(offset), { path: from, length, isPadding: false }, ...around(rest)];
  }

  async function hashRun(sources: readonly HashFile[], firstPiece: PieceIndex, lastPiece: PieceIndex): Promise<PieceIndex[]> {
    const right: PieceIndex[] = [];
    const job = {
      files: sources,
      totalLength: geometry.totalLength,
      pieceLength: geometry.standardPieceLength,
      firstPiece,
      lastPiece,
    };
    for await (const batch of hashPool.hash(job, signal)) {
      for (let i = 0; i < batch.pieceCount; i++) {
        const piece = (batch.firstPiece + i) as PieceIndex;
        if (batch.present[i] !== 1) continue;
        checkedBytes += geometry.pieceLength(piece);
        if (matchesPieceHash(pieceHashes, piece, batch.digests, i * (batch.digests.length / batch.pieceCount))) right.push(piece);
      }
      totalBytes = Math.max(totalBytes, checkedBytes);
      onProgress?.(checkedBytes, totalBytes);
    }
    return right;
  }

  /** Pieces of several files, each from where it would be taken or is now; a file that comes to nothing by it is not taken. */
  async function decideShared(): Promise<void> {
    const sources = files.map((file, index) => ({
      path: chosen.get(index) ?? countingPath(found[index], paths, index),
      length: file.length,
      isPadding: file.isPadding,
    }));
    const shared = new Set<PieceIndex>();
    for (const file of chosen.keys()) for (const piece of edgesOf(file)) if (!after.has(piece)) shared.add(piece);
    const ordered = [...shared].toSorted((a, b) => a - b);
    for (let at = 0; at < ordered.length;) {
      let end = at;
      while (end + 1 < ordered.length && ordered[end + 1] === ordered[end] + 1) end++;
      for (const piece of await hashRun(sources, ordered[at], ordered[end])) after.set(piece);
      at = end + 1;
    }
    for (const file of unsure) if (!piecesOf(file).some((piece) => after.has(piece))) chosen.delete(file);
  }

  /** Only the first and the last piece of a file can be another's too. */
  function edgesOf(file: number): PieceIndex[] {
    const range = layout.piecesOf(file, geometry);
    return range === null ? [] : [range.first, range.last].filter((piece) => !isAlone(piece));
  }
}

/** Makes each the part file of its place, by way of another name. Rejects with a StorageError or the signal's reason. */
export async function copyReusable(
  files: readonly Reusable[],
  options: Pick<ReuseOptions, 'metainfo' | 'paths' | 'signal' | 'disk'> & {
    readonly stepBytes: number;
    readonly onStep?: () => void;
  },
): Promise<void> {
  const { metainfo, paths, stepBytes, onStep, signal, disk = REAL_DISK } = options;
  const guard = new DirectoryGuard(paths.partsFolder, disk);
  for (const { file, from } of files) {
    signal?.throwIfAborted();
    let copy = paths.copy(file).beside;
    try {
      guard.ensureFor(metainfo.files[file].path);
      copy = placeForCopy(paths.copy(file), disk);
      removeQuietly(copy, disk);
      await copyFile({
        from,
        to: copy,
        maxBytes: metainfo.files[file].length,
        stepBytes,
        disk,
        ...(signal === undefined ? {} : { signal }),
        ...(onStep === undefined ? {} : { onStep }),
      });
      disk.chmodSync(copy, (disk.lstatSync(from).mode & 0o777) | 0o600);
      disk.renameSync(copy, paths.part(file));
    } catch (error) {
      removeQuietly(copy, disk);
      signal?.throwIfAborted();
      throw toStorageError('copy', paths.part(file), error);
    }
  }
}

function removeQuietly(location: string, disk: Disk): void {
  try {
    disk.unlinkSync(location);
  } catch {
    // It was not there.
  }
}
