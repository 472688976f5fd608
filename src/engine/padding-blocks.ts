// Which blocks are nothing but padding (BEP 47): zeros that are asked of nobody. Answered by a search in the list of padding
// files, and not from a table of blocks: a torrent file may claim terabytes of padding.

import type { Metainfo } from '../metainfo/metainfo.js';
import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';

export function paddingRule({
  files,
  geometry,
}: Pick<Metainfo, 'files' | 'geometry'>): (piece: PieceIndex, block: number) => boolean {
  const padding = files.filter((file) => file.isPadding && file.length > 0);
  if (padding.length === 0) return () => false;
  return (piece, block) => {
    const start = geometry.pieceOffset(piece) + block * BLOCK_LENGTH;
    // The last padding file that begins at `start` or before it.
    let low = 0;
    let high = padding.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (padding[middle].offset <= start) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return false;
    const { offset, length } = padding[low - 1];
    return start + geometry.blockLength(piece, block) <= offset + length;
  };
}
