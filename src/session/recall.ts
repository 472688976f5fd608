// Taking back what was asked: from a peer that choked us, left, or does not answer, or for a piece that is given up. Whatever
// is taken back is free for others at once, and its bytes, should they still come, are skipped.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import type { OpenPiece } from './open-piece.js';
import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';

/** Spans of `snubMs`: a body that takes longer came at less than 300 bytes a second. */
const MAX_SILENT_SPANS = 3;

function recallBlock(
  state: SessionState,
  peer: Peer,
  piece: PieceIndex,
  block: number,
  tellPeer: boolean,
  isStale = false,
): void {
  const begin = block * BLOCK_LENGTH;
  if (tellPeer) state.send(peer, { type: 'cancel', piece, begin, length: state.geometry.blockLength(piece, block) });
  state.emit({ type: 'revoke-lease', peer: peer.key, piece, begin });
  if (!isStale) state.turns.giveBack(state.geometry.blockLength(piece, block));
  const open = state.tracker.openPiece(piece);
  if (open?.unask(block, peer.key) === true) state.tracker.updatePartial(open);
}

/** A piece the peer has no hand in any more does not count against its probation. */
function settleUnverified(state: SessionState, peer: Peer, piece: PieceIndex): void {
  const open = state.tracker.openPiece(piece);
  if (open !== undefined && !open.involves(peer.key)) peer.unverified.delete(piece);
}

/** One block is not wanted of this peer any more: somebody else delivered it, or is asked in its place. */
export function cancelBlock(state: SessionState, peer: Peer, piece: PieceIndex, block: number): void {
  if (!peer.requests.remove(piece, block)) return;
  recallBlock(state, peer, piece, block, true);
  settleUnverified(state, peer, piece);
}

/** The peer said that it will not send this block (reject, BEP 6); false where it was not asked for it. */
export function acceptReject(state: SessionState, peer: Peer, piece: PieceIndex, block: number): boolean {
  if (!peer.requests.remove(piece, block)) return false;
  recallBlock(state, peer, piece, block, false);
  const open = state.tracker.openPiece(piece);
  if (open?.isExclusive === true) releasePiece(state, open);
  else settleUnverified(state, peer, piece);
  return true;
}

/** Everything asked of the peer, but for what `keeps` names. `tellPeer`: it is still there and should stop (cancel). */
export function takeBackRequests(
  state: SessionState,
  peer: Peer,
  tellPeer: boolean,
  keeps: (piece: PieceIndex, block: number) => boolean = () => false,
): void {
  for (const { piece, block, sentAt } of peer.requests.clear(keeps)) {
    // The time that a download limit set aside for it has passed unused: to use it later would be more than the limit then.
    const isStale = state.now - sentAt >= state.limits.snubMs;
    recallBlock(state, peer, piece, block, tellPeer, isStale);
  }
  for (const piece of peer.unverified) {
    const open = state.tracker.openPiece(piece);
    // An exclusive piece is one peer's work or nobody's: what it brought so far is no use to the next one.
    const isGivenUp = open?.isExclusive === true && open.involves(peer.key) && !hasRequestOf(peer, piece);
    if (isGivenUp) releasePiece(state, open);
    else settleUnverified(state, peer, piece);
  }
  peer.currentPiece = null;
}

/** What a choke left open and the peer has neither sent nor rejected in time (BEP 6 has it do either) goes to others. */
export function takeBackUnanswered(state: SessionState, peer: Peer): void {
  if (!peer.peerChoking || state.now - peer.chokedAt < state.limits.chokedAnswerMs) return;
  const isAllowed = (piece: PieceIndex): boolean => peer.allowedByPeer.has(piece);
  for (const { piece } of peer.requests) {
    if (isAllowed(piece)) continue;
    takeBackRequests(state, peer, true, isAllowed);
    return;
  }
}

function hasRequestOf(peer: Peer, piece: PieceIndex): boolean {
  for (const request of peer.requests) if (request.piece === piece) return true;
  return false;
}

/**
 * What was asked of a snubbed peer goes to others, but for the oldest request: a slow peer may be in the middle of that body,
 * and would never bring one to its end if each were taken back. Whoever is idle may take a second copy of the block. One that it has
 * skipped it will not bring, and after some spans of silence nor any other: else two peers that lost the same request would both keep
 * it for ever. An exclusive piece has no second copies: it waits for one span of silence only.
 */
export function takeBackFromSnubbed(state: SessionState, peer: Peer): void {
  const { oldest, silentSpans } = peer.requests;
  const maxSpans = oldest !== undefined && state.tracker.openPiece(oldest.piece)?.isExclusive === true ? 2 : MAX_SILENT_SPANS;
  if (oldest === undefined || oldest.isSkipped || silentSpans >= maxSpans) takeBackRequests(state, peer, true);
  else takeBackRequests(state, peer, true, (piece, block) => piece === oldest.piece && block === oldest.block);
}

/** An open piece is given up: its blocks are lost, the piece is missing again. */
export function releasePiece(state: SessionState, open: OpenPiece): void {
  for (const peer of state.peers.values()) {
    const asked = [...peer.requests].filter((request) => request.piece === open.piece);
    for (const { piece, block } of asked) cancelBlock(state, peer, piece, block);
    peer.unverified.delete(open.piece);
  }
  // Its bytes go on coming and are skipped.
  for (const { run } of state.webSeeds.links()) if (run?.current === open.piece) run.current = null;
  state.tracker.reopen(open.piece);
  state.emit({ type: 'discard-piece', piece: open.piece });
}
