// What a choice of files means on the disk that was found: which files are to be made, which are taken as they are, and which pieces that
// takes. A chosen file that an earlier run has verified and noted, and that has not changed since, is whole although the pieces at its edges
// can't be checked again: the files that share them are not there. Whatever of it can be checked must be right all the same.

import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { piecesOfFiles } from '../metainfo/pieces-of-files.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { countingStamp, type FileStamp, type FoundFile } from './file-scan.js';
import type { PartsFile } from './parts-file.js';

export interface ChoiceFacts {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry'>;
  readonly chosen: ReadonlySet<number>;
  /** Of the check. */
  readonly found: readonly FoundFile[];
  readonly have: Bitfield;
  /** Of files that were whole once (`ChoiceNotes`). */
  readonly noted: ReadonlyMap<number, FileStamp>;
}

export interface FileChoice {
  /** Files to be brought, or that are whole and verified. */
  readonly targets: ReadonlySet<number>;
  /** Chosen files that are taken as they are. */
  readonly given: ReadonlySet<number>;
  /** Pieces that the targets need. */
  readonly wanted: Bitfield;
}

export function settleChoice({ metainfo, chosen, found, have, noted }: ChoiceFacts): FileChoice {
  const { files, geometry } = metainfo;
  const layout = new FileLayout(files);
  const given = new Set([...chosen].filter((file) => isGiven(file)));
  const targets = new Set([...chosen].filter((file) => !given.has(file)));
  return { targets, given, wanted: piecesOfFiles(files, geometry, targets) };

  function isGiven(file: number): boolean {
    const { name, part } = found[file];
    const note = noted.get(file);
    if (part !== null || name?.size !== files[file].length || note?.size !== name.size || note.mtimeNs !== name.mtimeNs)
      return false;
    const range = layout.piecesOf(file, geometry);
    if (range === null) return false;
    let isWhole = true;
    for (let piece = range.first; piece <= range.last; piece = (piece + 1) as PieceIndex) {
      if (have.has(piece)) continue;
      if (!isBeyondChecking(piece)) return false;
      isWhole = false;
    }
    return !isWhole;
  }

  /** Bytes of it belong to a file that is not there as far as that, or not whole. */
  function isBeyondChecking(piece: PieceIndex): boolean {
    return layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece)).some((slice) => {
      if (slice.isPadding) return false;
      const stamp = countingStamp(found[slice.file]);
      return stamp === null || found[slice.file].part !== null || stamp.size < slice.fileOffset + slice.length;
    });
  }
}

/**
 * Pieces whose bytes the files alone can't hold: wanted ones that are not in them yet, and whatever was found in the parts file, as it
 * counts as there and may be asked for.
 */
export function residentPieces(
  metainfo: Pick<Metainfo, 'files' | 'geometry'>,
  parts: PartsFile,
  { targets, wanted }: FileChoice,
  have: Bitfield,
  recovered: ReadonlySet<PieceIndex>,
): Set<PieceIndex> {
  const { files, geometry } = metainfo;
  const layout = new FileLayout(files);
  const resident = new Set<PieceIndex>();
  for (const piece of parts.pieces) {
    if (!recovered.has(piece) && (have.has(piece) || !wanted.has(piece))) continue;
    const slices = layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece));
    if (slices.some((slice) => !slice.isPadding && !targets.has(slice.file))) resident.add(piece);
  }
  return resident;
}
