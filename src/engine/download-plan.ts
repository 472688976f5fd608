// What a download would do, found out without doing it: which files are there, what would be fetched or copied, and whether there is room.
// Nothing is written, no folder made, no lock taken, nobody asked.

import { lstatSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { isPlaced, placeFiles } from '../metainfo/placement.js';
import { Bitfield } from '../model/bitfield.js';
import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import { ChoiceNotes } from '../storage/choice-notes.js';
import { residentPieces } from '../storage/file-choice.js';
import { completeFiles } from '../storage/file-progress.js';
import { FilePaths } from '../storage/file-paths.js';
import type { FileStamp } from '../storage/file-scan.js';
import { measureSpace } from '../storage/free-space.js';
import { HashPool } from '../storage/hash-pool.js';
import { PartsFile } from '../storage/parts-file.js';
import { expectApart } from '../storage/parts-folder.js';
import { lookIntoParts } from '../storage/parts-recovery.js';
import { ResumeFile } from '../storage/resume-file.js';
import { findReusable } from '../storage/reuse.js';
import { CONFIG } from './config.js';
import { lookAtFiles } from './disk-looks.js';
import { chosenFiles, madeFiles, settleOnDisk, withPaddingFor } from './file-selection.js';
import type { PlaceOptions } from './place-options.js';

export interface PlannedFile {
  /** 1-based position among the torrent's files, padding left out. */
  readonly position: number;
  /** Where it goes. */
  readonly path: string;
  /** Bytes. */
  readonly length: number;
  /** Bytes of it that would come from peers and web seeds. */
  readonly fetchBytes: number;
  /**
   * `whole`: has its name and every byte. `part`: some of it is there, be it in the parts file of an earlier choice. `absent`: nothing is
   * there. `other`: there is a file of that name that differs, or that shares a
   * piece with one that is not there, so that nothing can be said for it; with `overwrite: 'always'` whatever it holds. `kept`, with
   * `overwrite: 'never'`: right as far as it can be checked; the pieces it shares are fetched, and it is compared with them.
   */
  readonly state: 'whole' | 'part' | 'other' | 'kept' | 'absent';
  /** The file that would be copied. */
  readonly reusedFrom?: string;
}

export interface DownloadPlan {
  /** Those that are chosen. */
  readonly files: readonly PlannedFile[];
  readonly totalBytes: number;
  /** Bytes to come, those included of other files that share a piece with a chosen one. */
  readonly fetchBytes: number;
  /** One for each file system; `freeBytes` null where that is not known. */
  readonly space: readonly { readonly folder: string; readonly neededBytes: number; readonly freeBytes: number | null }[];
  /** `overwrite: 'never'` would refuse, for these. */
  readonly refused: readonly string[];
}

export interface PlanOptions extends PlaceOptions {
  readonly overwrite?: 'verify' | 'never' | 'always';
  /** Indices of the files that are chosen; default all. */
  readonly files?: readonly number[];
  /** As of a session: what earlier runs with a choice verified. */
  readonly notesFolder?: string;
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** Reads and hashes what is there. Rejects with a PlacementError, a StorageError, or the signal's reason. */
export async function planDownload(torrent: Metainfo, folder: string, options: PlanOptions = {}): Promise<DownloadPlan> {
  const { placement = {}, incompleteFolder = folder, overwrite = 'verify', reuseFolders = [], onProgress, signal } = options;
  const chosen = chosenFiles(torrent, options.files);
  const metainfo = placeFiles(torrent, placement, chosen);
  const { files, geometry } = metainfo;
  const isChosen = (file: number): boolean => chosen?.has(file) !== false;
  const paths = new FilePaths(folder, metainfo, incompleteFolder);
  expectApart(paths, madeFiles(metainfo, chosen));
  const isElsewhere = isPlaced(placement) || paths.partsFolder !== paths.folder;
  const resume = await new ResumeFile({ metainfo, paths, isPlaced: isElsewhere }).load();
  const hashPool = new HashPool(availableParallelism(), CONFIG.hashing);
  const look = {
    metainfo,
    paths,
    resume,
    overwrite,
    hashPool,
    isChosen,
    onProgress: onProgress ?? (() => {}),
    ...(signal === undefined ? {} : { signal }),
  };
  const { have, found } = await lookAtFiles(look);
  const reused =
    reuseFolders.length === 0 || have.isFull
      ? { files: [], have }
      : await findReusable({ ...look, found, have, folders: reuseFolders, limits: CONFIG.storage.reuse });

  const parts = new PartsFile(paths.partsFolder, metainfo);
  const layout = FileLayout.of(files);
  const inParts =
    chosen !== null || parts.isThere
      ? await lookIntoParts({ ...look, layout, parts, found, have: reused.have })
      : { pieces: new Set<PieceIndex>(), contradicted: new Set<number>() };
  const there = reused.have.clone();
  for (const piece of inParts.pieces) there.set(piece);
  const { notesFolder } = options;
  const notes =
    notesFolder === undefined
      ? null
      : new ChoiceNotes({
          folder: notesFolder,
          dataFolder: folder,
          infoHash: metainfo.infoHash,
          ...(isPlaced(placement) ? { placedFiles: files } : {}),
          maxNotes: CONFIG.storage.maxChoiceNotes,
        });
  const noted: ReadonlyMap<number, FileStamp> = notes?.read() ?? new Map();
  const { contradicted } = inParts;
  const choice = settleOnDisk({ metainfo, found, have: there, noted, contradicted }, chosen, overwrite);
  const whole = completeFiles(files, geometry, there);
  const finished = new Set<number>();
  for (const [index, { name, part }] of found.entries()) {
    const isWhole = part === null && name?.size === files[index].length && (whole.has(index) || name.size === 0);
    if (isWhole || choice?.given.has(index) === true) finished.add(index);
  }
  const missing = missingOfFiles(metainfo, there, choice?.wanted ?? null);
  const begun = filesOfPieces(layout, geometry, inParts.pieces);
  const sources = new Map(reused.files.map(({ file, from }) => [file, from]));
  const planned: PlannedFile[] = [];
  const refused: string[] = [];
  let position = 0;
  for (const [index, file] of files.entries()) {
    if (file.isPadding) continue;
    position++;
    if (!isChosen(index)) continue;
    const { name, part } = found[index];
    const from = sources.get(index);
    const path = paths.name(index);
    // `always` does not look into what is there, but it is gone afterwards.
    const isInTheWay = name !== null || (overwrite === 'always' && lstatSync(path, { throwIfNoEntry: false }) !== undefined);
    const isKept = choice?.kept.has(index) === true;
    const isBegun = part !== null || (!isInTheWay && begun.has(index));
    const state = finished.has(index) ? 'whole' : isKept ? 'kept' : isBegun ? 'part' : isInTheWay ? 'other' : 'absent';
    if (overwrite === 'never' && name !== null && state !== 'whole' && !isKept) refused.push(path);
    planned.push({
      position,
      path,
      length: file.length,
      fetchBytes: finished.has(index) ? 0 : missing.byFile[index],
      state,
      ...(from === undefined ? {} : { reusedFrom: from }),
    });
  }
  // A file that is repaired is copied first: what matches of it is no space gained.
  const made = { files: chosen === null ? files : withPaddingFor(files, chosen), geometry };
  const resident = choice === null ? new Set<PieceIndex>() : residentPieces(metainfo, parts, choice, there, inParts.pieces);
  const space = measureSpace({
    metainfo: made,
    paths,
    have: new Bitfield(geometry.pieceCount),
    finished: new Set([...finished, ...(choice?.kept ?? [])]),
    parts: parts.spaceFor(resident, there),
  });
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  return {
    files: planned,
    totalBytes: sum(planned.map((file) => file.length)),
    fetchBytes: missing.bytes,
    space: space.map(({ folder: place, neededBytes, freeBytes }) => ({ folder: place, neededBytes, freeBytes })),
    refused,
  };
}

function filesOfPieces(layout: FileLayout, geometry: Geometry, pieces: ReadonlySet<PieceIndex>): Set<number> {
  const inThem = new Set<number>();
  for (const piece of pieces) {
    for (const { file } of layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))) inThem.add(file);
  }
  return inThem;
}

/** Bytes of the missing pieces that are wanted (null: all), in all and for each file: pieces of chosen files hold bytes of others. */
function missingOfFiles(
  { files, geometry }: Metainfo,
  have: Bitfield,
  wanted: Bitfield | null,
): { readonly bytes: number; readonly byFile: readonly number[] } {
  const byFile = files.map(() => 0);
  let bytes = 0;
  const layout = FileLayout.of(files);
  for (const piece of geometry.pieces()) {
    if (have.has(piece) || wanted?.has(piece) === false) continue;
    for (const { file, length, isPadding } of layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))) {
      byFile[file] += length;
      if (!isPadding) bytes += length;
    }
  }
  return { bytes, byFile };
}
