// Which piece to begin next, as the tracker asks it: an order of the missing pieces that counts what peers have on the way. The usual one
// is `PiecePicker`; a plan makes one in the torrent's order, or one for each level.

import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';

export interface PieceOrder {
  /** Pieces that may be picked. */
  readonly count: number;
  /** Grows with every insert: until then, who has nothing pickable has nothing pickable. */
  readonly insertions: number;
  /** How many connected peers have the piece. */
  availability(piece: PieceIndex): number;
  isPickable(piece: PieceIndex): boolean;
  /** Whether no pickable piece comes before this one by its level. */
  isUrgent(piece: PieceIndex): boolean;
  /** The piece is missing and may be picked. */
  insert(piece: PieceIndex): void;
  /** The same for all of these: what is missing at the start. */
  insertAll(pieces: readonly PieceIndex[]): void;
  /** The piece is no longer to be picked: opened, or here. */
  remove(piece: PieceIndex): void;
  addSeed(): void;
  removeSeed(): void;
  addHave(piece: PieceIndex): void;
  removeHave(piece: PieceIndex): void;
  /** The first pickable piece that is in `have` and passes `accept`, or null. */
  pick(have: Bitfield, accept: (piece: PieceIndex) => boolean): PieceIndex | null;
}
