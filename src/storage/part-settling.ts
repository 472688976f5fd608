// Which of two files counts where one lies under the name and one under the part name, and whether a part file is of this
// torrent at all. The part file is the later one, so mostly it counts; but a file that is whole needs no part, whatever lies
// beside it. And a part file longer than the file, with no piece that matches, is somebody else's: other programs use that
// ending too. Only such rare cases are read here; where the resume state vouches for the part file nothing is.

import type { FileLayout } from '../metainfo/file-layout.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { matchesPieceHash } from '../metainfo/piece-hashes.js';
import type { PieceIndex } from '../model/ids.js';
import type { FilePaths } from './file-paths.js';
import { countingPath, type FoundFile } from './file-scan.js';
import type { HashPool } from './hash-pool.js';
import type { ResumeState } from './resume-file.js';

export interface SettleOptions {
  readonly metainfo: Pick<Metainfo, 'files' | 'geometry' | 'pieceHashes'>;
  /** Gets the spare part name for each file whose usual one is taken by a foreign file. */
  readonly paths: FilePaths;
  readonly found: readonly FoundFile[];
  readonly resume: ResumeState | null;
  readonly layout: FileLayout;
  readonly hashPool: HashPool;
  readonly signal?: AbortSignal;
}

/** `found`, with the part files that don't count taken out and marked `aside`. Rejects with the signal's reason. */
export async function settleParts(options: SettleOptions): Promise<readonly FoundFile[]> {
  const { metainfo, paths, found, resume, layout, hashPool, signal } = options;
  const { files, geometry, pieceHashes } = metainfo;
  /** Part files that the resume state does not vouch for. */
  const doubtful = new Set<number>();
  /** Those of them beside a file of the right length. */
  const rivals = new Set<number>();
  for (const [file, { name, part }] of found.entries()) {
    if (part === null || resume?.isTrusted(file, part) === true) continue;
    if (name !== null && name.size === files[file].length) rivals.add(file);
    else if (part.size <= files[file].length) continue;
    doubtful.add(file);
  }
  if (doubtful.size === 0) return found;

  const settled = [...found];
  for (const file of doubtful) {
    const { part } = found[file];
    const isTooLong = part !== null && part.size > files[file].length && paths.part(file) !== paths.spare(file);
    if (rivals.has(file) && (await isNameWhole(file))) {
      settled[file] = { ...found[file], part: null, aside: isTooLong ? 'foreign' : 'stale' };
    } else if (isTooLong && !(await matching(file, 'part')).includes(true)) {
      settled[file] = { ...found[file], part: null, aside: 'foreign' };
    }
  }
  for (const [file, { aside }] of settled.entries()) if (aside === 'foreign') paths.useSpare(file);
  return settled;

  /** Pieces that lie in it alone decide; one that it shares speaks against it only where the part file has it right. */
  async function isNameWhole(file: number): Promise<boolean> {
    const range = layout.piecesOf(file, geometry);
    if (range === null) return true;
    const byName = await matching(file, 'name');
    if (!byName.includes(false)) return true;
    if (!byName.includes(true)) return false;
    let hasOwnPiece = false;
    for (const [index, matches] of byName.entries()) {
      const isOwn = isAlone((range.first + index) as PieceIndex);
      if (isOwn && !matches) return false;
      if (isOwn) hasOwnPiece = true;
    }
    if (!hasOwnPiece) return false;
    const byPart = await matching(file, 'part');
    return byName.every((matches, index) => matches || !byPart[index]);
  }

  function isAlone(piece: PieceIndex): boolean {
    return (
      layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece)).filter((slice) => !slice.isPadding).length === 1
    );
  }

  /** For each piece of the file, whether it is right with the bytes under its name, or its part name. */
  async function matching(file: number, which: 'name' | 'part'): Promise<boolean[]> {
    const range = layout.piecesOf(file, geometry);
    if (range === null) return [];
    const sources = files.map((entry, index) => {
      const isByName = index === file ? which === 'name' : rivals.has(index) && settled[index].part !== null && which === 'name';
      const path = isByName ? paths.name(index) : index === file ? paths.part(index) : countingPath(settled[index], paths, index);
      return { path, length: entry.length, isPadding: entry.isPadding };
    });
    const source = { files: sources, totalLength: geometry.totalLength, pieceLength: geometry.standardPieceLength };
    const matches: boolean[] = [];
    for await (const batch of hashPool.hash({ ...source, firstPiece: range.first, lastPiece: range.last }, signal)) {
      const digestBytes = batch.digests.length / batch.pieceCount;
      for (let i = 0; i < batch.pieceCount; i++) {
        const piece = (batch.firstPiece + i) as PieceIndex;
        // What can't be read does not match; the check that follows tells why.
        matches[piece - range.first] =
          batch.present[i] === 1 && matchesPieceHash(pieceHashes, piece, batch.digests, i * digestBytes);
      }
    }
    return matches;
  }
}
