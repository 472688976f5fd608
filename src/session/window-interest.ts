// Whether a peer hears that we want something of it, where we read: one whose pieces lie outside of the windows has nothing for us now, and BEP 3
// wants that told. It costs a slot, so it is told only where readers wait for what nobody has. That is how a super-seed (BEP 16) is met,
// which reveals pieces in an order of its own and waits for them to be passed on: one that hears that we don't want these reveals others.

import type { PieceIndex } from '../model/ids.js';
import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';

/** To be called about once a second. */
export function watchInterest(state: SessionState): void {
  if (state.window === null) return;
  const isStuck = isNothingToBeHad(state);
  for (const peer of state.peers.values()) {
    if (!isStuck || !peer.amInterested || hasForReaders(state, peer)) {
      peer.uselessSince = null;
      continue;
    }
    peer.uselessSince ??= state.now;
    if (state.now >= peer.uselessSince + state.limits.setAsideMs) setAside(state, peer);
  }
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

/** Readers lack pieces, and none of these is with anybody or on its way. */
function isNothingToBeHad({ window, tracker, webSeeds }: SessionState): boolean {
  if (window === null || webSeeds.hasUsable) return false;
  let isLacking = false;
  for (const piece of window.pieces()) {
    if (tracker.have.has(piece)) continue;
    if (tracker.stateOf(piece) !== 'missing' || tracker.picker.availability(piece) > 0) return false;
    isLacking = true;
  }
  return isLacking;
}

function hasForReaders({ window, tracker }: SessionState, peer: Peer): boolean {
  const isOfUse = (piece: PieceIndex): boolean => peer.have.has(piece) && !tracker.have.has(piece);
  return window?.pieces().some(isOfUse) === true;
}
