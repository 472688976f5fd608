// The hidden file beside the data for pieces that were chosen together with only some of their files: each lies there whole, so that
// it can be checked, served and taken over by a later choice although its other files are never made. One slot for each piece that
// several files share, whatever was chosen: a run finds what another one left. Slots that are not used are holes.

import path from 'node:path';
import type { Metainfo } from '../metainfo/metainfo.js';
import { sharedPieces } from '../metainfo/pieces-of-files.js';
import type { Bitfield } from '../model/bitfield.js';
import type { Geometry } from '../model/geometry.js';
import { type PieceIndex, toHex } from '../model/ids.js';
import { type Disk, REAL_DISK } from './disk.js';
import { errnoOf, refuse, toStorageError } from './storage-failure.js';

/** Room for pieces in it. */
export interface PartsSpace {
  readonly path: string;
  /** As `MetainfoFile.path`. */
  readonly components: readonly string[];
  /** Of these pieces. */
  readonly bytes: number;
  /** The places of those that are not there yet, ascending. */
  readonly missing: readonly { readonly offset: number; readonly length: number }[];
}

export class PartsFile {
  readonly path: string;
  /** Its name, as `MetainfoFile.path` has it. */
  readonly components: readonly string[];
  readonly #geometry: Geometry;
  readonly #disk: Disk;
  readonly #files: Metainfo['files'];
  #pieces: readonly PieceIndex[] | null = null;
  #slots: ReadonlyMap<PieceIndex, number> | null = null;

  constructor(folder: string, metainfo: Pick<Metainfo, 'files' | 'geometry' | 'infoHash'>, disk: Disk = REAL_DISK) {
    const { v1, v2 } = metainfo.infoHash;
    this.components = [`.effusion-${toHex(v1 ?? v2 ?? new Uint8Array(4)).slice(0, 8)}.parts`];
    this.path = path.join(folder, ...this.components);
    this.#files = metainfo.files;
    this.#geometry = metainfo.geometry;
    this.#disk = disk;
  }

  /** Pieces that have a slot, in the order of the slots. Worked out when first asked for: who makes every file never asks. */
  get pieces(): readonly PieceIndex[] {
    return (this.#pieces ??= sharedPieces(this.#files, this.#geometry));
  }

  /** Where the piece's first byte lies. Only the last piece of a torrent is short, and its slot is the last one. */
  offsetOf(piece: PieceIndex): number | null {
    this.#slots ??= new Map(this.pieces.map((each, slot) => [each, slot]));
    const slot = this.#slots.get(piece);
    return slot === undefined ? null : slot * this.#geometry.standardPieceLength;
  }

  /** What it takes up with these pieces in it, for `measureSpace` and `allocateFiles`. `have`: those that are there. */
  spaceFor(resident: ReadonlySet<PieceIndex>, have: Bitfield): PartsSpace {
    let bytes = 0;
    const missing: { offset: number; length: number }[] = [];
    // Where there are none, nobody need know which pieces are shared.
    for (const [slot, piece] of resident.size === 0 ? [] : this.pieces.entries()) {
      if (!resident.has(piece)) continue;
      const length = this.#geometry.pieceLength(piece);
      bytes += length;
      if (!have.has(piece)) missing.push({ offset: slot * this.#geometry.standardPieceLength, length });
    }
    return { path: this.path, components: this.components, bytes, missing };
  }

  /** Bytes; null where it is not there. Throws a StorageError where something else is in its place. */
  size(): number | null {
    let stat;
    try {
      stat = this.#disk.lstatSync(this.path, { throwIfNoEntry: false });
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') return null;
      throw toStorageError('stat', this.path, error);
    }
    if (stat === undefined) return null;
    if (stat.isSymbolicLink()) throw refuse('open', this.path, 'ELOOP');
    if (!stat.isFile()) throw refuse('open', this.path, stat.isDirectory() ? 'EISDIR' : 'ENOTREG');
    return stat.size;
  }

  /** Whether it can be used: for who does not depend on it. */
  get isThere(): boolean {
    try {
      return this.size() !== null;
    } catch {
      return false;
    }
  }

  /** Throws a StorageError where it is there and stays. */
  remove(): void {
    try {
      this.#disk.unlinkSync(this.path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw toStorageError('unlink', this.path, error);
    }
  }
}
