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
  const progress = new FileProgress(files, geometry, have);
  const complete = new Set<number>();
  for (let index = 0; index < files.length; index++) {
    const file = files[index];
    if (!file.isPadding && (file.length === 0 ? isAll : progress.missingOf(index) === 0)) complete.add(index);
  }
  return complete;
}

export class FileProgress {
  readonly #files: readonly MetainfoFile[];
  readonly #geometry: Geometry;
  readonly #layout: FileLayout;
  readonly #missing: Uint32Array;

  constructor(files: readonly MetainfoFile[], geometry: Geometry, have: Bitfield) {
    this.#files = files;
    this.#geometry = geometry;
    this.#layout = FileLayout.of(files);
    this.#missing = new Uint32Array(files.length);
    for (let index = 0; index < files.length; index++) {
      const range = this.#layout.piecesOf(index, geometry);
      if (range === null) continue;
      for (let piece = range.first; piece <= range.last; piece = (piece + 1) as PieceIndex) {
        if (!have.has(piece)) this.#missing[index]++;
      }
    }
  }

  /** Pieces the file still waits for. */
  missingOf(file: number): number {
    return this.#missing[file];
  }

  /** A piece that was missing is written: the files that are whole by it. */
  addPiece(piece: PieceIndex): number[] {
    const whole: number[] = [];
    const geometry = this.#geometry;
    for (const slice of this.#layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))) {
      if (--this.#missing[slice.file] === 0 && !slice.isPadding) whole.push(slice.file);
    }
    return whole;
  }

  /** Files without a byte, for when everything else is there. */
  emptyFiles(): number[] {
    const empty: number[] = [];
    for (const [index, file] of this.#files.entries()) if (file.length === 0 && !file.isPadding) empty.push(index);
    return empty;
  }
}
