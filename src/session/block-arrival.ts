// A block that was asked for is in its place: whoever else was asked for it is told, and the last one of a piece sends it to the
// disk. The same for peers and web seeds.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PeerKey } from '../model/ids.js';
import type { OpenPiece } from './open-piece.js';
import { storeWhole } from './piece-flow.js';
import { cancelBlock, takeBackRequests } from './recall.js';
import { refill } from './requester.js';
import type { SessionState } from './session-state.js';

export function receiveBlock(state: SessionState, open: OpenPiece, block: number, from: PeerKey): void {
  const { piece } = open;
  const other = open.receive(block, from);
  const late = other === null ? undefined : state.peers.get(other);
  if (late !== undefined) {
    const isSilent = late.requests.checkOvertaken(state.now);
    cancelBlock(state, late, piece, block);
    if (isSilent) takeBackRequests(state, late, true);
    refill(state, late);
  } else if (other !== null) {
    // A web seed goes on sending; its copy is skipped.
    state.emit({ type: 'revoke-lease', peer: other, piece, begin: block * BLOCK_LENGTH });
  }
  if (open.isWhole) storeWhole(state, open);
}
