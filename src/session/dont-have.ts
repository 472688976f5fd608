// A peer has lost a piece it had announced and says so (BEP 54): it counts no more, and what was asked of it is free for others at once.
// BEP 54 lets a peer with the Fast extension reject those requests one by one; it is taken at its word sooner, and the rejects that
// follow find nothing to take back. That is no fault of the peer's. We never send this: a piece that is there stays, or its torrent fails.

import type { PieceIndex } from '../model/ids.js';
import { decodeDontHave } from '../wire/lt-donthave.js';
import { WireError } from '../wire/wire-error.js';
import { dropPeer } from './departure.js';
import type { Peer } from './peer.js';
import { loseWanted } from './piece-flow.js';
import { takeBackRequests } from './recall.js';
import { refillAll } from './requester.js';
import type { SessionState } from './session-state.js';

/** What came under our id of lt_donthave. What can't be read, or names a piece that does not exist, ends the peer, as a have does. */
export function handleDontHave(state: SessionState, peer: Peer, payload: Uint8Array): void {
  const piece = read(state, payload);
  if (piece === null) {
    dropPeer(state, peer, 'protocol-error');
    return;
  }
  const wasSeed = peer.isCountedAsSeed;
  if (!peer.have.clear(piece)) return;
  const { picker } = state.tracker;
  if (wasSeed) {
    // Once for a connection: it is never counted as a seed again.
    peer.isCountedAsSeed = false;
    picker.removeSeed();
    for (const other of peer.have) picker.addHave(other);
  } else {
    picker.removeHave(piece);
  }
  const isAsked = [...peer.requests].some((request) => request.piece === piece);
  if (isAsked) {
    takeBackRequests(state, peer, false, (other) => other !== piece);
    // Should it have the piece again at once: who says so by turns is not to be asked each time.
    peer.refusedUntil.set(piece, state.now + state.limits.refusalMs);
  }
  if (state.tracker.isLacking(piece)) loseWanted(state, peer);
  if (isAsked) refillAll(state);
}

function read(state: SessionState, payload: Uint8Array): PieceIndex | null {
  try {
    return state.geometry.validatePieceIndex(decodeDontHave(payload));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return null;
  }
}
