// Which pieces a choice of files needs, and which of those hold bytes of other files too: pieces know nothing of files, so the first and
// last piece of a file are mostly shared with its neighbours. Pure.

import { Bitfield } from '../model/bitfield.js';
import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import { FileLayout, type LayoutFile } from './file-layout.js';

/** The pieces with a byte of one of these files (indices into `files`). */
export function piecesOfFiles(files: readonly LayoutFile[], geometry: Geometry, chosen: ReadonlySet<number>): Bitfield {
  const layout = FileLayout.of(files);
  const pieces = new Bitfield(geometry.pieceCount);
  for (const file of chosen) {
    const range = layout.piecesOf(file, geometry);
    if (range === null) continue;
    for (let piece = range.first; piece <= range.last; piece = (piece + 1) as PieceIndex) pieces.set(piece);
  }
  return pieces;
}

/** The pieces with bytes of two files or more, padding not counted, ascending. */
export function sharedPieces(files: readonly LayoutFile[], geometry: Geometry): PieceIndex[] {
  const layout = FileLayout.of(files);
  const shared: PieceIndex[] = [];
  let last = -1;
  for (let index = 0; index < files.length; index++) {
    if (files[index].isPadding) continue;
    const range = layout.piecesOf(index, geometry);
    if (range === null) continue;
    // A piece is shared where a file begins that another one ends in.
    if (range.first === last && shared.at(-1) !== range.first) shared.push(range.first);
    last = range.last;
  }
  return shared;
}
