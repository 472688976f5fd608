// Whether a peer hears that we want something of it, where we read: one whose pieces lie outside of the windows has nothing for us now, and BEP 3
// wants that told. It costs a slot, so it is told only where readers wait for what nobody has. That is how a super-seed (BEP 16) is met,
// which reveals pieces in an order of its own. Effusion's reveals others when it hears that we don't want these; libtorrent's only when it hears
// that we have them, which is said where it is true to the end: where all that may be read is held (`holdsRead`).

import type { PieceIndex } from '../model/ids.js';
import type { Peer } from './peer.js';
import { tellHaves } from './piece-flow.js';
import type { SessionState } from './session-state.js';

/** To be called about once a second. */
export function watchInterest(state: SessionState): void {
  if (state.window === null) return;
  const isStuck = isNothingToBeHad(state);
  for (const peer of state.peers.values()) {
    const gave = isStuck && !hasForReaders(state, peer) ? givenBy(state, peer) : null;
    if (gave === null || (gave.length === 0 && !peer.amInterested)) {
      peer.uselessSince = null;
      continue;
    }
    peer.uselessSince ??= state.now;
    if (state.now < peer.uselessSince + state.limits.setAsideMs) continue;
    if (gave.length > 0) tellGiven(state, peer, gave);
    else setAside(state, peer);
  }
}

/** Pieces that we hold to the end, and that the peer has and does not know to be here. */
function givenBy({ settings, tracker }: SessionState, peer: Peer): PieceIndex[] {
  if (settings.holdsRead !== true || peer.hearsOfPieces) return [];
  return [...tracker.have].filter((piece) => peer.have.has(piece));
}

function tellGiven(state: SessionState, peer: Peer, pieces: readonly PieceIndex[]): void {
  // It has the time once more: others come now, or it is set aside.
  peer.uselessSince = null;
  peer.hearsOfPieces = true;
  peer.untoldHaves.push(...pieces);
  tellHaves(state, peer);
}

/** Of a peer that was set aside: one of its pieces may be read soon now. */
export function takeUp(state: SessionState, peer: Peer): void {
  if (!peer.isSetAside || !hasForReaders(state, peer)) return;
  peer.isSetAside = false;
  peer.amInterested = true;
  state.send(peer, { type: 'interested' });
}

function setAside(state: SessionState, peer: Peer): void {
  peer.uselessSince = null;
  peer.isSetAside = true;
  peer.amInterested = false;
  state.send(peer, { type: 'not-interested' });
}

/** Readers lack pieces, and none of these is with anybody or on its way to the disk. One that was begun is lost with the last who has it. */
function isNothingToBeHad({ window, tracker, webSeeds }: SessionState): boolean {
  if (window === null || webSeeds.hasUsable) return false;
  let isLacking = false;
  for (const piece of window.pieces()) {
    if (tracker.have.has(piece)) continue;
    if (tracker.stateOf(piece) === 'storing' || tracker.picker.availability(piece) > 0) return false;
    isLacking = true;
  }
  return isLacking;
}

function hasForReaders({ window, tracker }: SessionState, peer: Peer): boolean {
  const isOfUse = (piece: PieceIndex): boolean => peer.have.has(piece) && !tracker.have.has(piece);
  return window?.pieces().some(isOfUse) === true;
}
