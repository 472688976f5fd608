// Which pieces are there already. What the resume state vouches for is believed, what has no file (or one that is too short)
// is missing, and only the rest is read and hashed. With nothing on disk this costs nothing.

import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { matchesPieceHash } from '../metainfo/piece-hashes.js';
import { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import type { FilePaths } from './file-paths.js';
import { countingPath, countingStamp, type FoundFile } from './file-scan.js';
import type { HashPool } from './hash-pool.js';
import { settleParts } from './part-settling.js';
import type { ResumeState } from './resume-file.js';
import { refuse } from './storage-failure.js';

export interface CheckOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry' | 'pieceHashes'>;
  readonly paths: FilePaths;
  /** Of `scanFiles`. */
  readonly found: readonly FoundFile[];
  /** Of `ResumeFile.load`; null to hash everything. */
  readonly resume: ResumeState | null;
  readonly hashPool: HashPool;
  /** After each batch: bytes read so far, of all that are to be read. */
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface CheckResult {
  readonly have: Bitfield;
  /** What was found, without the part files that don't count: for `adoptFiles`. */
  readonly found: readonly FoundFile[];
  /** Whether the resume state vouched for any piece. */
  readonly resumed: boolean;
  /** Bytes that were read and hashed. */
  readonly checkedBytes: number;
}

/** `absent`: known without reading it that it is not there. */
type Verdict = 'absent' | 'believed' | 'to-hash';

interface Run {
  first: PieceIndex;
  last: PieceIndex;
}

/** Rejects with a StorageError where a file exists and can't be read, or with the signal's reason. */
export async function checkExisting(options: CheckOptions): Promise<CheckResult> {
  const { metainfo, paths, resume, hashPool, onProgress, signal } = options;
  const { geometry, pieceHashes } = metainfo;
  const have = new Bitfield(geometry.pieceCount);
  if (options.found.every(({ name, part }) => name === null && part === null)) {
    return { have, found: options.found, resumed: false, checkedBytes: 0 };
  }

  const layout = FileLayout.of(metainfo.files);
  const found = await settleParts({ ...options, layout });
  const trusted = found.map((file, index) => resume?.isTrusted(index, countingStamp(file)) ?? false);
  const judge = (piece: PieceIndex): Verdict => {
    let isBelieved = resume !== null;
    for (const slice of layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))) {
      if (slice.isPadding) continue;
      const stamp = countingStamp(found[slice.file]);
      if (stamp === null || stamp.size < slice.fileOffset + slice.length) return 'absent';
      if (!trusted[slice.file]) isBelieved = false;
    }
    return isBelieved ? 'believed' : 'to-hash';
  };

  let resumed = false;
  let totalBytes = 0;
  const runs: Run[] = [];
  let run: Run | null = null;
  for (const piece of geometry.pieces()) {
    const verdict = judge(piece);
    if (verdict === 'to-hash') {
      totalBytes += geometry.pieceLength(piece);
      // Absent pieces in between cost the hasher nothing, a new job does: so only believed pieces end a run.
      if (run === null) runs.push((run = { first: piece, last: piece }));
      else run.last = piece;
    } else if (verdict === 'believed') {
      run = null;
      if (resume?.have.has(piece) === true) {
        have.set(piece);
        resumed = true;
      }
    }
  }

  const files = metainfo.files.map((file, index) => {
    return { path: countingPath(found[index], paths, index), length: file.length, isPadding: file.isPadding };
  });
  const source = { files, totalLength: geometry.totalLength, pieceLength: geometry.standardPieceLength };
  let checkedBytes = 0;
  for (const { first, last } of runs) {
    for await (const batch of hashPool.hash({ ...source, firstPiece: first, lastPiece: last }, signal)) {
      if (batch.failure !== null) throw refuse(batch.failure.operation, batch.failure.path, batch.failure.errno);
      for (let i = 0; i < batch.pieceCount; i++) {
        const piece = (batch.firstPiece + i) as PieceIndex;
        if (batch.present[i] !== 1) continue;
        checkedBytes += geometry.pieceLength(piece);
        if (matchesPieceHash(pieceHashes, piece, batch.digests, i * (batch.digests.length / batch.pieceCount))) have.set(piece);
      }
      onProgress?.(checkedBytes, totalBytes);
    }
  }
  return { have, found, resumed, checkedBytes };
}
