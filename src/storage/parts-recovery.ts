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
  readonly hashPool: HashPool;
  readonly signal?: AbortSignal;
  readonly disk?: Disk;
}

export interface Recovered {
  /** Pieces that the parts file holds, and the files did not. */
  readonly pieces: ReadonlySet<PieceIndex>;
  /** As the files are now. */
  readonly found: readonly FoundFile[];
}

/** Bytes compared and copied at a time. */
const STEP_BYTES = 262_144;

/** Rejects with a StorageError or the signal's reason. */
export async function recoverParts(options: RecoveryOptions): Promise<Recovered> {
  const { metainfo, layout, paths, parts, found, have, isChosen, hashPool, signal, disk = REAL_DISK } = options;
  const { geometry, pieceHashes } = metainfo;
  const size = parts.size();
  const recovered = new Set<PieceIndex>();
  if (size === null || parts.pieces.length === 0) return { pieces: recovered, found };
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
  if (right.length === 0) return { pieces: recovered, found };

  const guard = new DirectoryGuard(paths.partsFolder, disk);
  for (const piece of right) {
    signal?.throwIfAborted();
    const start = parts.offsetOf(piece) ?? 0;
    if (!slicesOf(piece).every((slice) => restore(slice, start + slice.offset))) continue;
    have.set(piece);
    recovered.add(piece);
  }
  const now = scanFiles({ metainfo, paths, disk, isLenient: (file) => !isChosen(file) });
  // What the check took out of the count stays out, and so does a file that was not to be looked at; names don't change here. Beside a
  // foreign file ours has another part name, and may have come into being just now.
  const merge = (file: FoundFile, index: number): FoundFile =>
    file.aside === 'stale' ? file : { ...file, part: now[index].part };
  return { pieces: recovered, found: found.map(merge) };

  /** Brings the slice into the file; false where that file has its own name already and other bytes there. */
  function restore(slice: FileSlice, position: number): boolean {
    const { name, part } = found[slice.file];
    const isNamed = part === null && name !== null;
    const to = isNamed ? paths.name(slice.file) : paths.part(slice.file);
    if (!isNamed) guard.ensureFor(metainfo.files[slice.file].path);
    const fds: number[] = [];
    try {
      const from = disk.openSync(parts.path, OPEN_READABLE);
      fds.push(from);
      const into = disk.openSync(to, isNamed ? OPEN_READABLE : OPEN_WRITABLE, 0o666);
      fds.push(into);
      for (let done = 0; done < slice.length; done += STEP_BYTES) {
        const bytes = readAt(from, parts.path, position + done, Math.min(STEP_BYTES, slice.length - done));
        const there = readAt(into, to, slice.fileOffset + done, bytes.length, true);
        if (bytes.equals(there)) continue;
        if (isNamed) return false;
        for (let at = 0; at < bytes.length;)
          at += disk.writeSync(into, bytes, at, bytes.length - at, slice.fileOffset + done + at);
      }
      return true;
    } catch (error) {
      throw toStorageError('write', to, error);
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
