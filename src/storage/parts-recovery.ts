// What an earlier run left in the parts file. A slot that hashes right is a piece that is there: what chosen files lack of it is written
// into their part files, be it that they were not chosen then, or that the power failed. Slots are few, so each is hashed and none believed.

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

export interface RecoveryOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry' | 'pieceHashes'>;
  readonly layout: FileLayout;
  readonly paths: FilePaths;
  readonly parts: PartsFile;
  /** Of the check. */
  readonly found: readonly FoundFile[];
  /** Pieces that the files hold; those of the parts file are added. */
  readonly have: Bitfield;
  readonly isChosen: (file: number) => boolean;
  /** Nothing is written, and what other files hold is all the same: the pieces are read from the parts file. Default false. */
  readonly isReadOnly?: boolean;
  /** All is known, and nothing is written yet: what it throws ends it so. `contradicted`: as in the result. */
  readonly beforeWrite?: (contradicted: ReadonlySet<number>) => void;
  readonly hashPool: HashPool;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

export interface Recovered {
  /** Pieces that the parts file holds, and the files did not. */
  readonly pieces: ReadonlySet<PieceIndex>;
  /** Files that have their name, and other bytes than the parts file. */
  readonly contradicted: ReadonlySet<number>;
  /** As the files are now. */
  readonly found: readonly FoundFile[];
}

/** Bytes compared and copied at a time. */
const STEP_BYTES = 262_144;

function* stepsOf({ length }: FileSlice): Generator<{ readonly done: number; readonly length: number }> {
  for (let done = 0; done < length; done += STEP_BYTES) yield { done, length: Math.min(STEP_BYTES, length - done) };
}

/** Rejects with a StorageError, the signal's reason, or what `beforeWrite` throws. */
export async function recoverParts(options: RecoveryOptions): Promise<Recovered> {
  const { metainfo, layout, paths, parts, found, have, isChosen, beforeWrite, hashPool, signal, disk = REAL_DISK } = options;
  const { geometry, pieceHashes } = metainfo;
  const { isReadOnly = false } = options;
  const size = parts.size();
  const recovered = new Set<PieceIndex>();
  const contradicted = new Set<number>();
  const nothing = { pieces: recovered, contradicted, found };
  if (size === null || parts.pieces.length === 0) return nothing;
  const slicesOf = (piece: PieceIndex): FileSlice[] =>
    layout
      .slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))
      .filter((slice) => !slice.isPadding && isChosen(slice.file));

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
    if (have.has(piece) || slicesOf(piece).length === 0) continue;
    const run = runs.at(-1);
    if (run?.last === slot - 1) run.last = slot;
    else runs.push({ first: slot, last: slot });
  }
  const right: PieceIndex[] = [];
  for (const { first, last: lastPiece } of runs) {
    for await (const batch of hashPool.hash({ ...source, firstPiece: first, lastPiece }, signal)) {
      for (let i = 0; i < batch.pieceCount; i++) {
        const piece = parts.pieces[batch.firstPiece + i];
        const digestAt = i * (batch.digests.length / batch.pieceCount);
        if (batch.present[i] === 1 && matchesPieceHash(pieceHashes, piece, batch.digests, digestAt)) right.push(piece);
      }
    }
  }
  if (right.length === 0) return nothing;

  for (const piece of right) {
    signal?.throwIfAborted();
    const start = parts.offsetOf(piece) ?? 0;
    const named = isReadOnly ? [] : slicesOf(piece).filter((slice) => hasName(slice.file));
    const others = named.filter((slice) => !isSame(slice, start + slice.offset));
    for (const { file } of others) contradicted.add(file);
    if (others.length > 0) continue;
    have.set(piece);
    recovered.add(piece);
  }
  if (isReadOnly) return nothing;
  beforeWrite?.(contradicted);
  const guard = new DirectoryGuard(paths.partsFolder, disk);
  for (const piece of recovered) {
    signal?.throwIfAborted();
    const start = parts.offsetOf(piece) ?? 0;
    for (const slice of slicesOf(piece)) if (!hasName(slice.file)) restore(slice, start + slice.offset);
  }
  const now = scanFiles({ metainfo, paths, disk, isLenient: (file) => !isChosen(file) });
  // What the check took out of the count stays out, and so does a file that was not to be looked at; names don't change here. Beside a
  // foreign file ours has another part name, and may have come into being just now.
  const merge = (file: FoundFile, index: number): FoundFile =>
    file.aside === 'stale' ? file : { ...file, part: now[index].part };
  return { pieces: recovered, contradicted, found: found.map(merge) };

  function hasName(file: number): boolean {
    const { name, part } = found[file];
    return part === null && name !== null;
  }

  /** Whether the file of that name has the same bytes there. */
  function isSame(slice: FileSlice, position: number): boolean {
    const name = paths.name(slice.file);
    return withFiles(name, OPEN_READABLE, (from, there) => {
      for (const { done, length } of stepsOf(slice)) {
        const bytes = readAt(from, parts.path, position + done, length);
        if (!bytes.equals(readAt(there, name, slice.fileOffset + done, length, true))) return false;
      }
      return true;
    });
  }

  /** Brings the slice into the part file. */
  function restore(slice: FileSlice, position: number): void {
    const to = paths.part(slice.file);
    guard.ensureFor(metainfo.files[slice.file].path);
    withFiles(to, OPEN_WRITABLE, (from, into) => {
      for (const { done, length } of stepsOf(slice)) {
        const bytes = readAt(from, parts.path, position + done, length);
        if (bytes.equals(readAt(into, to, slice.fileOffset + done, length, true))) continue;
        for (let at = 0; at < length;) at += disk.writeSync(into, bytes, at, length - at, slice.fileOffset + done + at);
      }
    });
  }

  /** `use` gets the descriptors of the parts file and of the other one. */
  function withFiles<T>(other: string, flags: number, use: (from: number, other: number) => T): T {
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

  function readAt(fd: number, location: string, position: number, length: number, mayBeShort = false): Buffer {
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
}
