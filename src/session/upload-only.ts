// Who wants nothing more (BEP 21): seeds, and partial seeds, which have all they chose. We tell it when we are one and hear it of others.
// Two of that kind have nothing to give each other: the connection is closed, as libtorrent does it, whether the house is full or not.
// Two seeds part at once; from a partial seed only after a while, in which both have told each other of their peers (BEP 11).

import { encodeUploadOnly } from '../wire/upload-only.js';
import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';

/** Whether we want nothing more and go on; one that pretends to have nothing (BEP 16) must not say so: it would be left alone. */
export function isUploadOnly(state: SessionState): boolean {
  return state.isComplete && state.settings.seeds && !state.isHidingPieces;
}

export function hearUploadOnly(state: SessionState, peer: Peer, isPeerUploadOnly: boolean): void {
  if (isPeerUploadOnly === (peer.uploadOnlySince !== null)) return;
  peer.uploadOnlySince = isPeerUploadOnly ? state.now : null;
}

/** Says that we want nothing more to a peer that wants to hear it and has not yet: it may have greeted us before that was so. */
export function tellUploadOnly(state: SessionState, peer: Peer): void {
  if (!isUploadOnly(state) || peer.knowsUploadOnly || peer.uploadOnlyId === 0) return;
  peer.knowsUploadOnly = true;
  state.send(peer, { type: 'extended', id: peer.uploadOnlyId, payload: encodeUploadOnly(true) });
}

/** Neither side wants anything, and they have had the time to tell each other of other peers. Who is interested after all stays. */
export function isRedundant(state: SessionState, peer: Peer): boolean {
  const { uploadOnlySince } = peer;
  if (uploadOnlySince === null || peer.peerInterested || !isUploadOnly(state)) return false;
  return state.now >= uploadOnlySince + state.limits.redundantMs;
}
