// What can be said of a file that is there by the pieces that were found right: that it is whole, that it is wrong, or no more than that
// nothing speaks against it. Pieces that it shares with a file that is not there, or not right itself, say nothing about it.

import { FileLayout, type FileSlice } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { countingStamp, type FoundFile } from './file-scan.js';

export interface VerdictFacts {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry'>;
  /** Of the check. */
  readonly found: readonly FoundFile[];
  readonly have: Bitfield;
}

interface PieceFacts {
  /** Padding left out. */
  readonly slices: readonly FileSlice[];
  /** Bytes of it belong to a file that is not there as far as that, or not whole. */
  readonly isBeyondChecking: boolean;
  /** Two at most of its files that are wrong: enough to know one besides any other. */
  wrongFiles: readonly number[] | null;
}

export class FileVerdicts {
  readonly #facts: VerdictFacts;
  readonly #layout: FileLayout;
  readonly #wrong = new Map<number, boolean>();
  /** Asked of one piece by each of its files, and thousands may share one. */
  readonly #ofPieces = new Map<PieceIndex, PieceFacts>();

  constructor(facts: VerdictFacts) {
    this.#facts = facts;
    this.#layout = FileLayout.of(facts.metainfo.files);
  }

  /** Under its own name, and of another size, or with a wrong piece that lies in it alone. */
  isWrong(file: number): boolean {
    let isWrong = this.#wrong.get(file);
    if (isWrong === undefined) {
      isWrong = this.#findWrong(file);
      this.#wrong.set(file, isWrong);
    }
    return isWrong;
  }

  /**
   * Under its own name and as long as it should be, and every piece of it is right but for some that can't be checked. `blamesOthers`: nor do
   * those count that it shares with a file that is wrong itself.
   */
  isUnproven(file: number, blamesOthers: boolean): boolean {
    const { metainfo, found, have } = this.#facts;
    const { name, part } = found[file];
    if (part !== null || name?.size !== metainfo.files[file].length) return false;
    let isWhole = true;
    for (const piece of this.#piecesOf(file)) {
      if (have.has(piece)) continue;
      if (!this.#factsOf(piece).isBeyondChecking && !(blamesOthers && this.#isOfWrong(piece, file))) return false;
      isWhole = false;
    }
    return !isWhole;
  }

  #findWrong(file: number): boolean {
    const { metainfo, found, have } = this.#facts;
    const { name, part } = found[file];
    if (part !== null || name === null) return false;
    if (name.size !== metainfo.files[file].length) return true;
    return this.#piecesOf(file).some((piece) => !have.has(piece) && this.#factsOf(piece).slices.length === 1);
  }

  #isOfWrong(piece: PieceIndex, besides: number): boolean {
    const facts = this.#factsOf(piece);
    if (facts.wrongFiles === null) {
      const wrong: number[] = [];
      for (const { file } of facts.slices) if (wrong.length < 2 && this.isWrong(file)) wrong.push(file);
      facts.wrongFiles = wrong;
    }
    return facts.wrongFiles.some((file) => file !== besides);
  }

  #factsOf(piece: PieceIndex): PieceFacts {
    let facts = this.#ofPieces.get(piece);
    if (facts === undefined) {
      const { metainfo, found } = this.#facts;
      const { geometry } = metainfo;
      const slices = this.#layout
        .slices(geometry.pieceOffset(piece), geometry.pieceLength(piece))
        .filter((slice) => !slice.isPadding);
      const isBeyondChecking = slices.some((slice) => {
        const stamp = countingStamp(found[slice.file]);
        return stamp === null || found[slice.file].part !== null || stamp.size < slice.fileOffset + slice.length;
      });
      facts = { slices, isBeyondChecking, wrongFiles: null };
      this.#ofPieces.set(piece, facts);
    }
    return facts;
  }

  #piecesOf(file: number): PieceIndex[] {
    const range = this.#layout.piecesOf(file, this.#facts.metainfo.geometry);
    if (range === null) return [];
    return Array.from({ length: range.last - range.first + 1 }, (_, index) => (range.first + index) as PieceIndex);
  }
}
