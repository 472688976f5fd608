// Torrents and data that no session is running for: making a torrent, and checking a folder against one. What the command
// line and the library get of storage/ for this, so that neither reaches into it.

import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { SHA1_BYTES } from '../hash/digest.js';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { piecesOfFiles } from '../metainfo/pieces-of-files.js';
import { Bitfield } from '../model/bitfield.js';
import { matchesPieceHash } from '../metainfo/piece-hashes.js';
import type { PieceIndex } from '../model/ids.js';
import { createTorrent as createFromContent, type CreatedTorrent, type CreateOptions } from '../storage/create.js';
import { HashPool } from '../storage/hash-pool.js';
import { CONFIG } from './config.js';

export type { CreatedTorrent, CreateOptions };

/**
 * Makes a torrent of a file or folder: `bytes` is the .torrent file, the same ones each time for the same content and options.
 * Throws StorageError, an error with code `invalid_option`, or the signal's reason.
 */
export function createTorrent(location: string, options: CreateOptions = {}): Promise<CreatedTorrent> {
  return createFromContent(location, options, CONFIG.hashing);
}

/**
 * `ok`: there, of the right size, every piece of it right. `bad`: a piece of it is wrong. `unsure`: what is wrong is a piece it
 * shares with a file that is missing or of the wrong size, so that nothing can be said against this one.
 */
type FileStatus = 'ok' | 'missing' | 'wrong-size' | 'unreadable' | 'bad' | 'unsure';

export interface VerifiedFile {
  /** Below the folder. */
  readonly path: readonly string[];
  /** Bytes it should have. */
  readonly length: number;
  /** Bytes it has; null where it is missing. */
  readonly actualLength: number | null;
  readonly status: FileStatus;
}

export interface VerifyReport {
  /** Every file is there and every piece is right. */
  readonly isWhole: boolean;
  /** Of the chosen files. */
  readonly pieceCount: number;
  /** Missing ones included. */
  readonly badPieces: number;
  /** Not whole for the sake of files that were not chosen and are not there: what the chosen ones have of them can't be checked. */
  readonly uncheckedPieces: number;
  /** Those that were chosen, in the torrent's order, without padding. */
  readonly files: readonly VerifiedFile[];
}

export interface VerifyOptions {
  /** The files to check, as indices into the metainfo's files; left out: all. */
  readonly files?: readonly number[];
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
  /** Hashing threads at most; default one for each core. */
  readonly threads?: number;
}

/** Files looked at together. */
const STAT_BATCH = 64;

/** Reads all of the torrent's data in `folder` (which holds NAME) and hashes it. Changes nothing. Throws only the signal's reason. */
export async function verifyFolder(metainfo: Metainfo, folder: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { files, geometry } = metainfo;
  const statuses: FileStatus[] = Array<FileStatus>(files.length).fill('ok');
  const lengths: (number | null)[] = Array<number | null>(files.length).fill(null);
  for (let at = 0; at < files.length; at += STAT_BATCH) {
    options.signal?.throwIfAborted();
    const batch = files.slice(at, at + STAT_BATCH).map(async (file, i) => {
      if (file.isPadding) return;
      const found = await lookAt(path.join(folder, ...file.path));
      lengths[at + i] = found.length;
      if (found.status !== 'ok') statuses[at + i] = found.status;
      else if (found.length !== file.length) statuses[at + i] = 'wrong-size';
    });
    await Promise.all(batch);
  }

  const layout = FileLayout.of(files);
  const pool = new HashPool(options.threads ?? availableParallelism(), CONFIG.hashing);
  const sources = files.map((file) => ({
    path: file.isPadding ? null : path.join(folder, ...file.path),
    length: file.length,
    isPadding: file.isPadding,
  }));
  const chosen = new Set(options.files ?? files.keys());
  const pieces = options.files === undefined ? Bitfield.full(geometry.pieceCount) : piecesOfFiles(files, geometry, chosen);
  const { totalLength, standardPieceLength: pieceLength } = geometry;
  let bytesToCheck = 0;
  for (const piece of pieces) bytesToCheck += geometry.pieceLength(piece);
  let checkedBytes = 0;
  let badPieces = 0;
  let uncheckedPieces = 0;
  for (const run of runsOf(pieces)) {
    for await (const batch of pool.hash({ files: sources, totalLength, pieceLength, ...run }, options.signal)) {
      for (let i = 0; i < batch.pieceCount; i++) {
        const piece = (batch.firstPiece + i) as PieceIndex;
        const length = geometry.pieceLength(piece);
        checkedBytes += length;
        const isRight = batch.present[i] === 1 && matchesPieceHash(metainfo.pieceHashes, piece, batch.digests, i * SHA1_BYTES);
        if (isRight) continue;
        const slices = layout.slices(geometry.pieceOffset(piece), length).filter(({ file }) => !files[file].isPadding);
        if (isBeyondChecking(statuses, slices, chosen)) {
          uncheckedPieces++;
          continue;
        }
        badPieces++;
        blame(statuses, slices, batch.present[i] === 1);
      }
      options.onProgress?.(checkedBytes, bytesToCheck);
    }
  }

  const verified: VerifiedFile[] = [];
  for (const [index, file] of files.entries()) {
    if (file.isPadding || !chosen.has(index)) continue;
    verified.push({ path: file.path, length: file.length, actualLength: lengths[index], status: statuses[index] });
  }
  const isWhole = badPieces === 0 && verified.every((file) => file.status === 'ok');
  return { isWhole, pieceCount: pieces.count, badPieces, uncheckedPieces, files: verified };
}

async function lookAt(file: string): Promise<{ length: number | null; status: FileStatus }> {
  try {
    const found = await stat(file);
    return found.isFile() ? { length: found.size, status: 'ok' } : { length: null, status: 'unreadable' };
  } catch (error) {
    const errno = error instanceof Error && 'code' in error ? error.code : '';
    return { length: null, status: errno === 'ENOENT' || errno === 'ENOTDIR' ? 'missing' : 'unreadable' };
  }
}

function isAmiss(status: FileStatus): boolean {
  return status === 'missing' || status === 'wrong-size' || status === 'unreadable';
}

/** It needs files that were not chosen and are not there as they should be; the chosen ones are. */
function isBeyondChecking(
  statuses: readonly FileStatus[],
  slices: readonly { readonly file: number }[],
  chosen: ReadonlySet<number>,
): boolean {
  const amiss = slices.filter(({ file }) => isAmiss(statuses[file]));
  return amiss.length > 0 && amiss.every(({ file }) => !chosen.has(file));
}

/** The set as stretches of consecutive pieces, for the pool. */
function* runsOf(pieces: Bitfield): Generator<{ firstPiece: number; lastPiece: number }> {
  let run: { firstPiece: number; lastPiece: number } | null = null;
  for (const piece of pieces) {
    if (run?.lastPiece === piece - 1) {
      run.lastPiece = piece;
      continue;
    }
    if (run !== null) yield run;
    run = { firstPiece: piece, lastPiece: piece };
  }
  if (run !== null) yield run;
}

/** A wrong piece counts against its files, unless one of them explains it: that one has its own status already. */
function blame(statuses: FileStatus[], slices: readonly { readonly file: number }[], wasRead: boolean): void {
  const concerned = slices.map((slice) => slice.file);
  const isExplained = concerned.some((file) => isAmiss(statuses[file]));
  // A piece that could not be read, of files that are all there: it is theirs to answer for.
  const verdict: FileStatus = isExplained ? 'unsure' : wasRead ? 'bad' : 'unreadable';
  for (const file of concerned) {
    if (statuses[file] === 'ok' || (statuses[file] === 'unsure' && verdict !== 'unsure')) statuses[file] = verdict;
  }
}
