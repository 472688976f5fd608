// What an earlier run left in the parts file. A slot that hashes right is a piece that is there: what chosen files lack of it is written
// into their part files, be it that they were not chosen then, or that the power failed. Each slot is hashed and none believed: mostly they
// are few, but a torrent of small files may have thousands, and minutes of them.

import type { FileLayout, FileSlice } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { matchesPieceHash } from '../metainfo/piece-hashes.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { DirectoryGuard } from './directory-guard.js';
import { type Disk, OPEN_READABLE, OPEN_WRITABLE, REAL_DISK } from './disk.js';
import type { FilePaths } from './file-paths.js';
import { type FoundFile, scanFiles } from './file-scan.js';
import type { HashPool } from './hash-pool.js';
import type { PartsFile } from './parts-file.js';
import { refuse, toStorageError } from './storage-failure.js';

export interface PartsLookOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry' | 'pieceHashes'>;
  readonly layout: FileLayout;
  readonly paths: FilePaths;
  readonly parts: PartsFile;
  /** Of the check. */
  readonly found: readonly FoundFile[];
  /** Pieces that the files hold: they are not looked for. */
  readonly have: Bitfield;
  readonly isChosen: (file: number) => boolean;
  readonly hashPool: HashPool;
  /** After each step of reading or writing: the folder is still ours. */
  readonly onStep?: () => void;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

export interface RecoveryOptions extends PartsLookOptions {
  /** Those of the parts file are added. */
  readonly have: Bitfield;
  /** All is known, and nothing is written yet: what it throws ends it so. `contradicted`: as in the result. */
  readonly beforeWrite?: (contradicted: ReadonlySet<number>) => void;
}

export interface InParts {
  /** Pieces that the parts file holds, and the files did not. */
  readonly pieces: ReadonlySet<PieceIndex>;
  /** Files that have their name, and other bytes than the parts file. */
  readonly contradicted: ReadonlySet<number>;
}

export interface Recovered extends InParts {
  /** As the files are now. */
  readonly found: readonly FoundFile[];
}

/** Bytes compared and copied at a time. */
const STEP_BYTES = 262_144;

/** Only reads. Rejects with a StorageError or the signal's reason. */
export async function lookIntoParts(options: PartsLookOptions): Promise<InParts> {
  const { found, signal } = options;
  const pieces = new Set<PieceIndex>();
  const contradicted = new Set<number>();
  for (const piece of await rightPieces(options)) {
    signal?.throwIfAborted();
    const start = options.parts.offsetOf(piece) ?? 0;
    const others = slicesOf(piece, options).filter(
      (slice) => hasName(found[slice.file]) && !isSame(slice, start + slice.offset, options),
    );
    for (const { file } of others) contradicted.add(file);
    if (others.length === 0) pieces.add(piece);
  }
  return { pieces, contradicted };
}

/** For who reads these pieces from the parts file alone and changes nothing: whatever the files of those names hold. Rejects as the look does. */
export async function takeParts(options: PartsLookOptions): Promise<Recovered> {
  const { found, have } = options;
  const pieces = new Set(await rightPieces(options));
  for (const piece of pieces) have.set(piece);
  return { pieces, contradicted: new Set(), found };
}

/** Rejects with a StorageError, the signal's reason, or what `beforeWrite` throws. */
export async function recoverParts(options: RecoveryOptions): Promise<Recovered> {
  const { metainfo, paths, parts, found, have, isChosen, beforeWrite, signal, disk = REAL_DISK } = options;
  const { pieces, contradicted } = await lookIntoParts(options);
  if (pieces.size + contradicted.size === 0) return { pieces, contradicted, found };
  for (const piece of pieces) have.set(piece);
  beforeWrite?.(contradicted);
  const guard = new DirectoryGuard(paths.partsFolder, disk);
  for (const piece of pieces) {
    signal?.throwIfAborted();
    const start = parts.offsetOf(piece) ?? 0;
    for (const slice of slicesOf(piece, options)) {
      if (hasName(found[slice.file])) continue;
      guard.ensureFor(metainfo.files[slice.file].path);
      restore(slice, start + slice.offset, options);
    }
  }
  const now = scanFiles({ metainfo, paths, disk, isLenient: (file) => !isChosen(file) });
  // What the check took out of the count stays out, and so does a file that was not to be looked at; names don't change here. Beside a
  // foreign file ours has another part name, and may have come into being just now.
  const merge = (file: FoundFile, index: number): FoundFile =>
    file.aside === 'stale' ? file : { ...file, part: now[index].part };
  return { pieces, contradicted, found: found.map(merge) };
}

/** Those that the files lack, that hash right in the parts file, and that are of use. */
async function rightPieces(options: PartsLookOptions): Promise<PieceIndex[]> {
  const { metainfo, parts, have, hashPool, onStep, signal } = options;
  const { geometry, pieceHashes } = metainfo;
  const size = parts.size();
  const right: PieceIndex[] = [];
  if (size === null || parts.pieces.length === 0) return right;
  const last = parts.pieces[parts.pieces.length - 1];
  const totalLength = (parts.offsetOf(last) ?? 0) + geometry.pieceLength(last);
  const source = {
    files: [{ path: parts.path, length: totalLength, isPadding: false }],
    totalLength,
    pieceLength: geometry.standardPieceLength,
  };
  const runs: { first: number; last: number }[] = [];
  for (const [slot, piece] of parts.pieces.entries()) {
    if (slot * geometry.standardPieceLength >= size) break;
    if (have.has(piece) || slicesOf(piece, options).length === 0) continue;
    const run = runs.at(-1);
    if (run?.last === slot - 1) run.last = slot;
    else runs.push({ first: slot, last: slot });
  }
  for (const { first, last: lastPiece } of runs) {
    for await (const batch of hashPool.hash({ ...source, firstPiece: first, lastPiece }, signal)) {
      onStep?.();
      for (let i = 0; i < batch.pieceCount; i++) {
        const piece = parts.pieces[batch.firstPiece + i];
        const digestAt = i * (batch.digests.length / batch.pieceCount);
        if (batch.present[i] === 1 && matchesPieceHash(pieceHashes, piece, batch.digests, digestAt)) right.push(piece);
      }
    }
  }
  return right;
}

/** What chosen files have of the piece. */
function slicesOf(piece: PieceIndex, { metainfo, layout, isChosen }: PartsLookOptions): FileSlice[] {
  const { geometry } = metainfo;
  return layout
    .slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))
    .filter((slice) => !slice.isPadding && isChosen(slice.file));
}

function hasName({ name, part }: FoundFile): boolean {
  return part === null && name !== null;
}

/** Whether the file of that name has the same bytes there. */
function isSame(slice: FileSlice, position: number, options: PartsLookOptions): boolean {
  const { parts, paths, disk = REAL_DISK } = options;
  const name = paths.name(slice.file);
  return withFiles(name, OPEN_READABLE, options, (from, there) => {
    for (const { done, length } of stepsOf(slice, options)) {
      const bytes = readAt(disk, from, parts.path, position + done, length);
      if (!bytes.equals(readAt(disk, there, name, slice.fileOffset + done, length, true))) return false;
    }
    return true;
  });
}

/** Brings the slice into the part file, whose folder is there. */
function restore(slice: FileSlice, position: number, options: PartsLookOptions): void {
  const { parts, paths, disk = REAL_DISK } = options;
  const to = paths.part(slice.file);
  withFiles(to, OPEN_WRITABLE, options, (from, into) => {
    for (const { done, length } of stepsOf(slice, options)) {
      const bytes = readAt(disk, from, parts.path, position + done, length);
      if (bytes.equals(readAt(disk, into, to, slice.fileOffset + done, length, true))) continue;
      for (let at = 0; at < length;) at += disk.writeSync(into, bytes, at, length - at, slice.fileOffset + done + at);
    }
  });
}

function* stepsOf(
  { length }: FileSlice,
  { onStep }: PartsLookOptions,
): Generator<{ readonly done: number; readonly length: number }> {
  for (let done = 0; done < length; done += STEP_BYTES) {
    yield { done, length: Math.min(STEP_BYTES, length - done) };
    onStep?.();
  }
}

/** `use` gets the descriptors of the parts file and of the other one. */
function withFiles<T>(
  other: string,
  flags: number,
  { parts, disk = REAL_DISK }: PartsLookOptions,
  use: (from: number, other: number) => T,
): T {
  const fds: number[] = [];
  try {
    fds.push(disk.openSync(parts.path, OPEN_READABLE));
    fds.push(disk.openSync(other, flags, 0o666));
    return use(fds[0], fds[1]);
  } catch (error) {
    throw toStorageError(flags === OPEN_WRITABLE ? 'write' : 'read', other, error);
  } finally {
    for (const fd of fds) disk.closeSync(fd);
  }
}

function readAt(disk: Disk, fd: number, location: string, position: number, length: number, mayBeShort = false): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = disk.readSync(fd, bytes, done, length - done, position + done);
    if (read > 0) done += read;
    else if (mayBeShort) break;
    else throw refuse('read', location, 'ESHORT');
  }
  return bytes.subarray(0, done);
}
