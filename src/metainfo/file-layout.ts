// Where the bytes of a torrent lie: its files laid end to end (BEP 3) against offset and length in their sum. Padding
// files (BEP 47) take part, marked: readers give zeros for them, writers leave them out. Empty files hold no byte of any slice.

import type { Geometry } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';

/** What the layout needs of a file; a `MetainfoFile` is one. `offset`: of its first byte in the torrent's bytes. */
export interface LayoutFile {
  readonly length: number;
  readonly offset: number;
  readonly isPadding: boolean;
}

/** A run of bytes in one file. */
export interface FileSlice {
  /** Index into the files the layout was made of. */
  readonly file: number;
  /** Of the slice's first byte in that file. */
  readonly fileOffset: number;
  /** Bytes, at least 1. */
  readonly length: number;
  /** Of the slice's first byte from the START OF THE RANGE that was asked for: an index into a buffer that holds the range. */
  readonly offset: number;
  readonly isPadding: boolean;
}

const layouts = new WeakMap<readonly LayoutFile[], FileLayout>();

export class FileLayout {
  readonly #files: readonly LayoutFile[];
  /** Indices of the files that hold bytes, ascending by offset. */
  readonly #filled: Uint32Array;

  /** `files` in the torrent's order, without gaps between them. */
  constructor(files: readonly LayoutFile[]) {
    this.#files = files;
    const filled = new Uint32Array(files.length);
    let count = 0;
    for (let index = 0; index < files.length; index++) if (files[index].length > 0) filled[count++] = index;
    this.#filled = filled.subarray(0, count);
  }

  /** The one layout of these files, which never change: a torrent of thousands is laid out by many, and once. */
  static of(files: readonly LayoutFile[]): FileLayout {
    let layout = layouts.get(files);
    if (layout === undefined) {
      layout = new FileLayout(files);
      layouts.set(files, layout);
    }
    return layout;
  }

  /** The slices that cover offset … offset + length of the torrent's bytes, in order; what lies beyond its end is left out. */
  slices(offset: number, length: number): FileSlice[] {
    const slices: FileSlice[] = [];
    const end = offset + length;
    for (let at = this.#find(offset); at < this.#filled.length; at++) {
      const index = this.#filled[at];
      const file = this.#files[index];
      if (file.offset >= end) break;
      const start = Math.max(offset, file.offset);
      const stop = Math.min(end, file.offset + file.length);
      if (stop <= start) break;
      slices.push({
        file: index,
        fileOffset: start - file.offset,
        length: stop - start,
        offset: start - offset,
        isPadding: file.isPadding,
      });
    }
    return slices;
  }

  /** The pieces that hold bytes of this file, both ends included; null for an empty file. */
  piecesOf(file: number, geometry: Geometry): { first: PieceIndex; last: PieceIndex } | null {
    const { offset, length } = this.#files[file];
    if (length === 0) return null;
    const first = Math.floor(offset / geometry.standardPieceLength);
    const last = Math.floor((offset + length - 1) / geometry.standardPieceLength);
    return { first: first as PieceIndex, last: last as PieceIndex };
  }

  /** Position in #filled of the file that holds the byte at `offset`, or #filled.length beyond the end. */
  #find(offset: number): number {
    let low = 0;
    let high = this.#filled.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const file = this.#files[this.#filled[middle]];
      if (file.offset + file.length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
