// What a choice of files means on the disk that was found: which files are to be made, which are taken as they are, and which pieces that
// takes. A chosen file that an earlier run has verified and noted, and that has not changed since, is whole although the pieces at its edges
// can't be checked again: the files that share them are not there. Whatever of it can be checked must be right all the same. Where nothing may
// be replaced, such a file is kept without a note too, and compared with those pieces when they have come.

import { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { piecesOfFiles } from '../metainfo/pieces-of-files.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import { FileVerdicts } from './file-verdicts.js';
import type { FileStamp, FoundFile } from './file-scan.js';
import type { PartsFile } from './parts-file.js';

export interface ChoiceFacts {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry'>;
  readonly chosen: ReadonlySet<number>;
  /** Of the check. */
  readonly found: readonly FoundFile[];
  readonly have: Bitfield;
  /** Of files that were whole once (`ChoiceNotes`). */
  readonly noted: ReadonlyMap<number, FileStamp>;
  /** No file that is there may be replaced. Default false. */
  readonly keepsExisting?: boolean;
  /** Files of which the parts file has other bytes (`recoverParts`). */
  readonly contradicted?: ReadonlySet<number>;
}

export interface FileChoice {
  /** Files to be brought, or that are whole and verified. */
  readonly targets: ReadonlySet<number>;
  /** Chosen files that are taken as they are. */
  readonly given: ReadonlySet<number>;
  /** Chosen files that are there and stay: right as far as they can be checked, and to be compared with the pieces that are missing. */
  readonly kept: ReadonlySet<number>;
  /** Pieces that the targets need, and those that are kept. */
  readonly wanted: Bitfield;
}

export function settleChoice(facts: ChoiceFacts): FileChoice {
  const { metainfo, chosen, found, have, noted, keepsExisting = false, contradicted = new Set<number>() } = facts;
  const { files, geometry } = metainfo;
  const verdicts = new FileVerdicts({ metainfo, found, have });
  const [targets, given, kept] = [new Set<number>(), new Set<number>(), new Set<number>()];
  for (const file of chosen) {
    if (!verdicts.isUnproven(file, keepsExisting) || contradicted.has(file)) targets.add(file);
    else if (isNoted(file)) given.add(file);
    else (keepsExisting ? kept : targets).add(file);
  }
  return { targets, given, kept, wanted: piecesOfFiles(files, geometry, new Set([...targets, ...kept])) };

  function isNoted(file: number): boolean {
    const [{ name }, note] = [found[file], noted.get(file)];
    return note !== undefined && note.size === name?.size && note.mtimeNs === name.mtimeNs;
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
  const layout = FileLayout.of(files);
  const resident = new Set<PieceIndex>();
  for (const piece of parts.pieces) {
    if (!recovered.has(piece) && (have.has(piece) || !wanted.has(piece))) continue;
    const slices = layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece));
    if (slices.some((slice) => !slice.isPadding && !targets.has(slice.file))) resident.add(piece);
  }
  return resident;
}
