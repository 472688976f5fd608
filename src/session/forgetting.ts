// A verified piece that is not held any more, as its readers are through with it: its bytes go and it counts as missing. Nobody was ever
// told that we had it (window-moves.ts), so nobody need hear that it is gone (BEP 54), and those who have it are of interest again.

import type { PieceIndex } from '../model/ids.js';
import type { SessionState } from './session-state.js';

export function forgetPiece(state: SessionState, piece: PieceIndex): void {
  state.tracker.forget(piece);
  state.emit({ type: 'forget-piece', piece });
  for (const peer of state.peers.values()) {
    if (!peer.have.has(piece)) continue;
    peer.wantedCount++;
    // One that was set aside is looked at when the window moves.
    if (peer.amInterested || peer.isSetAside) continue;
    peer.amInterested = true;
    state.send(peer, { type: 'interested' });
  }
}
