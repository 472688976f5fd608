// What is to be fetched, and in which order: a level for each piece, made of the files that were chosen and how urgent they are. A piece
// of several files has the highest of their levels; one of none of them is not wanted and asked of nobody. Facts without behaviour.

import { FileLayout, type LayoutFile } from '../metainfo/file-layout.js';
import { piecesOfFiles } from '../metainfo/pieces-of-files.js';
import { Bitfield } from '../model/bitfield.js';
import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';

/** Pieces of a higher level are begun before those of a lower one. */
const LEVEL = { none: 0, low: 1, normal: 2, high: 3, first: 4 } as const;

export interface PiecePlan {
  /** Of each piece: the higher the sooner, 0 is not wanted. */
  readonly levels: Uint8Array;
  /** The pieces above 0. */
  readonly wanted: Bitfield;
  /** Bytes of files that are to be fetched, in wanted pieces that hold other bytes too; all others count whole. */
  readonly partialBytes: ReadonlyMap<PieceIndex, number>;
  /** Bytes of all that were chosen; padding counts only where everything was. */
  readonly totalBytes: number;
  /** Of them, those that need no piece: their files are there and taken as they are. */
  readonly givenBytes: number;
  /** In the torrent's order within a level; else the rarest first. */
  readonly isSequential: boolean;
}

export interface PlanRequest {
  readonly files: readonly LayoutFile[];
  readonly geometry: Geometry;
  /** The files that were chosen (indices into `files`); null: all of them, and every piece. */
  readonly chosen: ReadonlySet<number> | null;
  /** Of the chosen ones, those that are taken as they are. */
  readonly given?: ReadonlySet<number>;
  readonly priorities?: ReadonlyMap<number, 'high' | 'low'>;
  readonly isSequential?: boolean;
  /** The first and the last piece of each file before all others. */
  readonly isEdgesFirst?: boolean;
}

/** Null where there is nothing to plan: every piece, the rarest first. */
export function planPieces(request: PlanRequest): PiecePlan | null {
  const { files, geometry, chosen, given, priorities, isSequential = false, isEdgesFirst = false } = request;
  if (chosen === null && (priorities === undefined || priorities.size === 0) && !isSequential && !isEdgesFirst) return null;
  const targets = new Set<number>();
  for (const file of chosen ?? files.keys()) if (!files[file].isPadding && given?.has(file) !== true) targets.add(file);
  const wanted = chosen === null ? Bitfield.full(geometry.pieceCount) : piecesOfFiles(files, geometry, targets);
  const sum = (indices: Iterable<number>): number => {
    let bytes = 0;
    for (const file of indices) bytes += files[file].length;
    return bytes;
  };
  const sums =
    chosen === null
      ? { totalBytes: geometry.totalLength, givenBytes: 0 }
      : { totalBytes: sum(chosen), givenBytes: sum(given ?? []) };
  return {
    levels: levelsOf(request, targets, wanted),
    wanted,
    partialBytes: chosen === null ? new Map() : partialBytesOf(request, targets, wanted),
    ...sums,
    isSequential,
  };
}

/** Nothing is to be fetched: what is wanted is what is there (BEP 21). */
export function planHeld(geometry: Geometry, have: Bitfield): PiecePlan {
  const levels = new Uint8Array(geometry.pieceCount);
  let totalBytes = 0;
  for (const piece of have) {
    levels[piece] = LEVEL.normal;
    totalBytes += geometry.pieceLength(piece);
  }
  return { levels, wanted: have.clone(), partialBytes: new Map(), totalBytes, givenBytes: 0, isSequential: false };
}

function levelsOf(request: PlanRequest, targets: ReadonlySet<number>, wanted: Bitfield): Uint8Array {
  const { files, geometry, priorities, isEdgesFirst = false } = request;
  const layout = FileLayout.of(files);
  const levels = new Uint8Array(geometry.pieceCount);
  const raise = (piece: PieceIndex, level: number): void => {
    levels[piece] = Math.max(levels[piece], level);
  };
  for (const file of targets) {
    const range = layout.piecesOf(file, geometry);
    if (range === null) continue;
    const level = LEVEL[priorities?.get(file) ?? 'normal'];
    for (let piece = range.first; piece <= range.last; piece = (piece + 1) as PieceIndex) raise(piece, level);
    if (!isEdgesFirst) continue;
    raise(range.first, LEVEL.first);
    raise(range.last, LEVEL.first);
  }
  // Nothing but padding, where everything is wanted.
  for (const piece of wanted) if (levels[piece] === LEVEL.none) levels[piece] = LEVEL.normal;
  return levels;
}

function partialBytesOf(
  { files, geometry }: PlanRequest,
  targets: ReadonlySet<number>,
  wanted: Bitfield,
): Map<PieceIndex, number> {
  const layout = FileLayout.of(files);
  const partial = new Map<PieceIndex, number>();
  for (const piece of wanted) {
    const length = geometry.pieceLength(piece);
    let bytes = 0;
    for (const slice of layout.slices(geometry.pieceOffset(piece), length)) if (targets.has(slice.file)) bytes += slice.length;
    if (bytes < length) partial.set(piece, bytes);
  }
  return partial;
}
