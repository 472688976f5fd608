// How many pieces each file still waits for. A file gets its name in the moment its last piece is written, whatever
// becomes of the others. Empty files wait for all of them: a failed run must not replace anything by an empty file.

import { FileLayout } from '../metainfo/file-layout.js';
import type { MetainfoFile } from '../metainfo/metainfo.js';
import type { Bitfield } from '../model/bitfield.js';
import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';

/** Files on disk all of whose pieces are in `have`; the empty ones only where that is all that is wanted, which is left out for all. */
export function completeFiles(
  files: readonly MetainfoFile[],
  geometry: Geometry,
  have: Bitfield,
  isAll: boolean = have.isFull,
): Set<number> {
  const complete = new Set<number>();
  if (have.isEmpty && !isAll) return complete;
  const progress = new FileProgress(files, geometry, have);
  for (let index = 0; index < files.length; index++) {
    const file = files[index];
    if (!file.isPadding && (file.length === 0 ? isAll : progress.missingOf(index) === 0)) complete.add(index);
  }
  return complete;
}

/** Of a file that nobody has asked about. */
const NOT_COUNTED = -1;

export class FileProgress {
  readonly #files: readonly MetainfoFile[];
  readonly #geometry: Geometry;
  readonly #layout: FileLayout;
  readonly #have: Bitfield;
  /** Counted when first asked for: a torrent may have thousands, and a start waits for none of them. */
  readonly #missing: Int32Array;

  /** `have` may grow, by pieces that `addPiece` is told of. */
  constructor(files: readonly MetainfoFile[], geometry: Geometry, have: Bitfield) {
    this.#files = files;
    this.#geometry = geometry;
    this.#layout = FileLayout.of(files);
    this.#have = have;
    this.#missing = new Int32Array(files.length).fill(NOT_COUNTED);
  }

  /** Pieces the file still waits for. */
  missingOf(file: number): number {
    if (this.#missing[file] === NOT_COUNTED) this.#missing[file] = this.#countMissing(file, null);
    return this.#missing[file];
  }

  /** A piece that was missing is written: the files that are whole by it. */
  addPiece(piece: PieceIndex): number[] {
    const whole: number[] = [];
    const geometry = this.#geometry;
    for (const { file, isPadding } of this.#layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))) {
      const before = this.#missing[file];
      // Told of a piece again that it had: the file has been named.
      if (before === 0) continue;
      const missing = before === NOT_COUNTED ? this.#countMissing(file, piece) : before - 1;
      this.#missing[file] = missing;
      if (missing === 0 && !isPadding) whole.push(file);
    }
    return whole;
  }

  /** `written`: a piece that is there whether `have` says so yet or not. */
  #countMissing(file: number, written: PieceIndex | null): number {
    const range = this.#layout.piecesOf(file, this.#geometry);
    if (range === null) return 0;
    let missing = 0;
    for (let piece = range.first; piece <= range.last; piece = (piece + 1) as PieceIndex) {
      if (piece !== written && !this.#have.has(piece)) missing++;
    }
    return missing;
  }

  /** Files without a byte, for when everything else is there. */
  emptyFiles(): number[] {
    const empty: number[] = [];
    for (const [index, file] of this.#files.entries()) if (file.length === 0 && !file.isPadding) empty.push(index);
    return empty;
  }
}
