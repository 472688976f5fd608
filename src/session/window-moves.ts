// What a move of the readers' window changes: pieces that come into it may be picked, pieces that leave it are given up, wherever they stand.
// What has left is gone, so nothing is announced or served of a window: we must not promise what we are about to drop. Where all that may be read
// fits into the memory nothing is dropped, and one who shows its pieces one by one hears of what it gave (window-interest.ts).

import type { PieceIndex } from '../model/ids.js';
import { forgetPiece } from './forgetting.js';
import type { PieceRange } from './piece-window.js';
import type { Peer } from './peer.js';
import { releasePiece } from './recall.js';
import { ask, canBeAsked, mayAskOf, MUCH_QUICKER, refillAll } from './requester.js';
import type { SessionState } from './session-state.js';
import { leaveRun } from './web-seed-recall.js';
import { refillWebSeeds } from './web-seed-runs.js';
import { takeUp } from './window-interest.js';

/** The readers go on, come, go or jump. */
export function moveWindow(state: SessionState, readers: readonly (readonly PieceRange[])[]): void {
  const { window, tracker } = state;
  if (window === null) return;
  const holdsRead = state.settings.holdsRead === true;
  // What was not said to be read had no part in what fits.
  const isKept = (piece: PieceIndex): boolean => holdsRead && tracker.have.has(piece) && window.mayCome(piece);
  const { entered, left } = window.move(readers, isKept);
  if (!state.isStarted) return;
  for (const piece of left) leaveWindow(state, piece);
  for (const piece of entered) if (tracker.stateOf(piece) === 'missing') tracker.makePickable(piece);
  for (const peer of state.peers.values()) takeUp(state, peer);
  refillAll(state);
  refillWebSeeds(state);
}

function leaveWindow(state: SessionState, piece: PieceIndex): void {
  const { tracker, webSeeds } = state;
  const standing = tracker.stateOf(piece);
  if (standing === 'have') {
    forgetPiece(state, piece);
  } else if (standing === 'open') {
    const open = tracker.openPiece(piece);
    if (open !== undefined) releasePiece(state, open);
  } else if (standing === 'missing') {
    const claimant = tracker.claimantOf(piece);
    const link = claimant === undefined ? undefined : webSeeds.linkOf(claimant);
    if (link !== undefined) leaveRun(state, link, true);
    tracker.picker.remove(piece);
  }
  // What is being stored is forgotten when that is over.
}

/** Readers wait for a piece, and some of it was asked of slow peers: a second copy is asked of a quicker one, in the next place of its queue. */
export function hastenHeads(state: SessionState): void {
  const { window, tracker, limits, now, turns } = state;
  if (window === null) return;
  for (const piece of window.heads((other) => tracker.have.has(other))) {
    const open = tracker.openPiece(piece);
    if (open === undefined || open.isExclusive) continue;
    for (let block = 0; block < open.blockCount && turns.isRipe(now); block++) {
      if (open.isReceived(block) || open.copies(block) !== 1 || open.askedAt(block) > now - limits.urgentAgeMs) continue;
      const helper = quickestHelper(state, piece, open.firstAsker(block));
      if (helper === null) break;
      ask(state, helper, open, block);
    }
  }
}

function quickestHelper(state: SessionState, piece: PieceIndex, holder: number | null): Peer | null {
  let best: Peer | null = null;
  const holderRate = [...state.peers.values()].find((peer) => peer.key === holder)?.download.quickRate ?? 0;
  for (const peer of state.peers.values()) {
    if (peer.key === holder || peer.requests.isSnubbed || !canBeAsked(state, peer)) continue;
    if (peer.requests.freePlaces === 0 || !peer.have.has(piece) || !mayAskOf(state, peer, piece)) continue;
    const rate = peer.download.quickRate;
    if (rate > MUCH_QUICKER * holderRate && rate > (best?.download.quickRate ?? 0)) best = peer;
  }
  return best;
}

/** Somebody waits, or will next, for a piece that is coming. */
export function isHeadOpen({ window, tracker }: SessionState): boolean {
  if (window === null) return false;
  for (const piece of window.heads((other) => tracker.have.has(other))) if (tracker.openPiece(piece) !== undefined) return true;
  return false;
}

/** Readers lack pieces, and this peer has none of them that it would send: whatever else it has, it is of no use now. */
export function hasNothingForReaders({ window, tracker }: SessionState, peer: Peer): boolean {
  if (window === null) return false;
  let isLacking = false;
  for (const piece of window.pieces()) {
    if (tracker.have.has(piece)) continue;
    if (peer.have.has(piece) && !peer.refusedUntil.has(piece)) return false;
    isLacking = true;
  }
  return isLacking;
}

/** Everything in the window is there or on its way to the disk: we wait for the readers, not they for us. */
export function isWindowFull(state: SessionState): boolean {
  const { window, tracker } = state;
  if (window === null) return false;
  return window.heads((piece) => tracker.have.has(piece) || tracker.stateOf(piece) === 'storing').next().done === true;
}
