// Who is asked for what: keeps every peer's request queue full, begun pieces first, then the rarest new one, and near the end,
// or where a slow peer holds others up, a second copy of what was asked long ago. What is taken back is in recall.ts.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import { storeWhole } from './piece-flow.js';
import type { OpenPiece } from './open-piece.js';
import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';

function mayAskOf(state: SessionState, peer: Peer, piece: PieceIndex): boolean {
  if (peer.peerChoking && !peer.allowedByPeer.has(piece)) return false;
  const { blame } = state;
  if (blame.isSuspect(peer.key) && !blame.isSuspectOf(peer.key, piece)) return false;
  if (blame.isOpenCase(piece) && peer.requests.isSnubbed) return false;
  return blame.isProven(peer.key) || peer.unverified.has(piece) || peer.unverified.size < state.limits.probationPieces;
}

function mayShare(peer: Peer, open: OpenPiece): boolean {
  return !open.isExclusive || !open.involvesOthers(peer.key);
}

/** An open piece with unrequested blocks for this peer, or a newly opened one, or null. */
function nextPiece(state: SessionState, peer: Peer): OpenPiece | null {
  const { tracker } = state;
  if (peer.currentPiece !== null) {
    const open = tracker.openPiece(peer.currentPiece);
    if (open !== undefined && open.unrequested > 0 && mayAskOf(state, peer, open.piece) && mayShare(peer, open)) return open;
  }
  for (const open of tracker.partialPieces()) {
    if (peer.have.has(open.piece) && mayAskOf(state, peer, open.piece) && mayShare(peer, open)) return open;
  }
  for (;;) {
    const piece = tracker.picker.pick(peer.have, (candidate) => mayAskOf(state, peer, candidate));
    if (piece === null) return null;
    const open = tracker.open(piece, state.blame.isOpenCase(piece));
    if (open === null) {
      state.isStarved = true;
      return null;
    }
    if (!open.isWhole) return open;
    storeWhole(state, open); // nothing but padding: there is nobody to ask
  }
}

function ask(state: SessionState, peer: Peer, open: OpenPiece, block: number): void {
  open.ask(block, peer.key, state.now);
  peer.requests.push(open.piece, block, state.now);
  peer.unverified.add(open.piece);
  const length = state.geometry.blockLength(open.piece, block);
  state.send(peer, { type: 'request', piece: open.piece, begin: block * BLOCK_LENGTH, length });
}

function canBeAsked(state: SessionState, peer: Peer): boolean {
  if (!state.isStarted || state.isStopped || state.isComplete || !peer.amInterested) return false;
  return !peer.peerChoking || peer.allowedByPeer.size > 0;
}

/** Asks the peer for as much as its queue has room for. */
export function refill(state: SessionState, peer: Peer): void {
  if (!canBeAsked(state, peer)) return;
  let room = peer.requests.room();
  while (room > 0) {
    const open = nextPiece(state, peer);
    if (open === null) return;
    peer.currentPiece = open.piece;
    for (let block = open.nextUnrequested(); block >= 0 && room > 0; block = open.nextUnrequested()) {
      ask(state, peer, open, block);
      room--;
    }
    state.tracker.updatePartial(open);
  }
}

export function refillAll(state: SessionState): void {
  state.isStarved = false;
  for (const peer of state.peers.values()) refill(state, peer);
}

/** Gives idle peers second copies: in the endgame, or while the memory budget is held by slow blocks. */
export function askSecondCopies(state: SessionState): void {
  const isEndgame = state.tracker.isEndgame;
  if (!isEndgame && !state.isStarved) return;
  const before = state.now - (isEndgame ? state.limits.endgameAgeMs : state.limits.reassignAgeMs);
  const idle = [...state.peers.values()].filter(
    (peer) => canBeAsked(state, peer) && !peer.requests.isSnubbed && peer.requests.room() > 0,
  );
  for (const open of state.tracker.openPieces()) {
    if (idle.length === 0) return;
    if (open.isExclusive) continue;
    for (let block = 0; block < open.blockCount; block++) {
      if (open.isReceived(block) || open.copies(block) !== 1 || open.askedAt(block) > before) continue;
      const index = idle.findIndex(
        (peer) => peer.have.has(open.piece) && !open.isAskedOf(block, peer.key) && mayAskOf(state, peer, open.piece),
      );
      if (index < 0) continue;
      const peer = idle[index];
      ask(state, peer, open, block);
      idle.splice(index, 1);
      // To the back of the line: the copies spread over the idle peers.
      if (peer.requests.length < peer.requests.depth) idle.push(peer);
    }
  }
}
