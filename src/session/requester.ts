// Who is asked for what: keeps every peer's request queue full, begun pieces first, then the rarest new one; very quick peers leave each
// other's begun pieces alone. What is done for slow blocks is in second-copies.ts, what is taken back in recall.ts.

import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import { storeWhole, tellHaves } from './piece-flow.js';
import type { OpenPiece } from './open-piece.js';
import type { PieceWindow } from './piece-window.js';
import type { Peer } from './peer.js';
import { releasePiece } from './recall.js';
import type { SessionState } from './session-state.js';
import { takeFromRun } from './web-seed-tails.js';

/** Slower than a quarter of another's rate is slow: rates of one swarm differ by half from one second to the next. */
export const MUCH_QUICKER = 4;
/** The part of a window that is read so soon that slow peers keep their hands off it. */
const NEAR = 1 / 4;

/** Whether blocks of this piece may be asked of this peer now; that it has the piece is for the caller to know. */
export function mayAskOf(state: SessionState, peer: Peer, piece: PieceIndex): boolean {
  if (peer.peerChoking && !peer.allowedByPeer.has(piece)) return false;
  const { blame } = state;
  if (blame.isSuspect(peer.key) && !blame.isSuspectOf(peer.key, piece)) return false;
  if (peer.requests.isSnubbed && blame.isOpenCase(piece) && hasLivelyPeer(state, piece)) return false;
  if (peer.refusedUntil.size > 0 && isRefused(state, peer, piece)) return false;
  return blame.isProven(peer.key) || peer.unverified.has(piece) || peer.unverified.size < state.limits.probationPieces;
}

function isRefused(state: SessionState, peer: Peer, piece: PieceIndex): boolean {
  const until = peer.refusedUntil.get(piece);
  if (until === undefined || state.now < until) return until !== undefined;
  peer.refusedUntil.delete(piece);
  return false;
}

/** Whether a peer has the piece that would send it soon. */
export function hasLivelyPeer(state: SessionState, piece: PieceIndex): boolean {
  for (const peer of state.peers.values()) {
    if (peer.have.has(piece) && !peer.peerChoking && !peer.requests.isSnubbed) return true;
  }
  return false;
}

export function mayShare(source: PeerKey, open: OpenPiece): boolean {
  return !open.isExclusive || !open.involvesOthers(source);
}

/** So quick that half a piece is not worth its sharing: who sends it reads all of it, and one peer alone answers for it. */
function hasPiecesAlone({ limits, geometry, turns }: SessionState, peer: Peer): boolean {
  return !turns.isLimited && peer.download.quickRate * limits.pieceAloneMs >= geometry.standardPieceLength * 1000;
}

/** Another peer, as quick, is about to ask for the rest of this piece. */
function isWithAnother(state: SessionState, peer: Peer, open: OpenPiece): boolean {
  for (const other of state.peers.values()) {
    if (other === peer || other.currentPiece !== open.piece || other.requests.isSnubbed) continue;
    if (hasPiecesAlone(state, other) && canBeAsked(state, other) && isFor(state, other, open)) return true;
  }
  return false;
}

function isFor(state: SessionState, peer: Peer, open: OpenPiece): boolean {
  return peer.have.has(open.piece) && mayAskOf(state, peer, open.piece) && mayShare(peer.key, open);
}

/** An open piece with unrequested blocks for this peer, or null. `isAlone`: none that another peer is at. */
function begunPiece(state: SessionState, peer: Peer, isAlone: boolean): OpenPiece | null {
  const { tracker } = state;
  if (peer.currentPiece !== null) {
    const open = tracker.openPiece(peer.currentPiece);
    if (open !== undefined && open.unrequested > 0 && isFor(state, peer, open)) return open;
  }
  for (const open of tracker.partialPieces()) {
    if (isFor(state, peer, open) && !(isAlone && isWithAnother(state, peer, open))) return open;
  }
  return null;
}

/** The rarest missing piece that may be asked of this peer, or null. */
function pickPiece(state: SessionState, peer: Peer): PieceIndex | null {
  const { picker } = state.tracker;
  if (peer.barrenSince === picker.insertions) return null;
  if (!state.blame.isProven(peer.key) && peer.unverified.size >= state.limits.probationPieces) return null;
  let isBarren = true;
  const accept = (candidate: PieceIndex): boolean => {
    isBarren = false;
    return mayAskOf(state, peer, candidate);
  };
  const { window } = state;
  const piece = window === null ? picker.pick(peer.have, accept) : pickInWindow(state, window, peer, accept);
  if (isBarren) peer.barrenSince = picker.insertions;
  return piece;
}

/** Whether this near piece is better asked of somebody else, who has it and is much quicker: a slow peer would hold the reader up. */
function quickerThan(state: SessionState, peer: Peer): (piece: PieceIndex) => boolean {
  const quicker: Peer[] = [];
  for (const other of state.peers.values()) {
    if (other === peer || other.requests.isSnubbed || !canBeAsked(state, other)) continue;
    if (other.download.quickRate > MUCH_QUICKER * peer.download.quickRate) quicker.push(other);
  }
  return (piece) => quicker.some((other) => other.have.has(piece) && mayAskOf(state, other, piece));
}

/** In the order in which it will be read; what is near is left to much quicker peers. */
function pickInWindow(
  state: SessionState,
  window: PieceWindow,
  peer: Peer,
  accept: (piece: PieceIndex) => boolean,
): PieceIndex | null {
  const hasQuicker = quickerThan(state, peer);
  return window.pick(
    state.tracker.picker,
    (piece, distance) => peer.have.has(piece) && accept(piece) && !(distance < NEAR && hasQuicker(piece)),
  );
}

/** Gives up the open piece with the fewest blocks that nobody lively goes on with: its memory serves others better. */
export function releaseOrphan(state: SessionState): boolean {
  let orphan: OpenPiece | null = null;
  for (const open of state.tracker.openPieces()) {
    if (orphan !== null && open.receivedCount >= orphan.receivedCount) continue;
    if (!hasLivelyPeer(state, open.piece) && !state.webSeeds.isFetching(open.piece)) orphan = open;
  }
  if (orphan !== null) releasePiece(state, orphan);
  return orphan !== null;
}

function newPiece(state: SessionState, peer: Peer): OpenPiece | null {
  for (;;) {
    const piece = pickPiece(state, peer) ?? takeFromRun(state, (last) => peer.have.has(last) && mayAskOf(state, peer, last));
    if (piece === null) return null;
    const isExclusive = state.blame.isOpenCase(piece);
    let open = state.tracker.open(piece, isExclusive, state.now);
    if (open === null && releaseOrphan(state)) open = state.tracker.open(piece, isExclusive, state.now);
    if (open === null) return null;
    if (isExclusive) state.blame.countAttempt(piece);
    if (!open.isWhole) return open;
    storeWhole(state, open); // nothing but padding: there is nobody to ask
  }
}

/** Asks the peer for a block of an open piece. The caller brings the tracker's books up to date (`updatePartial`). */
export function ask(state: SessionState, peer: Peer, open: OpenPiece, block: number): void {
  open.ask(block, peer.key, state.now);
  peer.requests.push(open.piece, block, state.now);
  peer.unverified.add(open.piece);
  const length = state.geometry.blockLength(open.piece, block);
  peer.lastTurn = state.turns.use(length, state.now);
  state.send(peer, { type: 'request', piece: open.piece, begin: block * BLOCK_LENGTH, length });
}

export function canBeAsked(state: SessionState, peer: Peer): boolean {
  if (!state.isStarted || state.isStopped || state.isComplete || !peer.amInterested) return false;
  return !peer.peerChoking || peer.allowedByPeer.size > 0;
}

/** The piece of which the peer is to be asked for blocks next; null where there is none: it is idle, or soon will be. */
function nextPiece(state: SessionState, peer: Peer): OpenPiece | null {
  const isAlone = hasPiecesAlone(state, peer);
  const open = begunPiece(state, peer, isAlone) ?? newPiece(state, peer) ?? (isAlone ? begunPiece(state, peer, false) : null);
  if (open === null) {
    if (peer.requests.length === 0) state.hasIdlePeer = true;
    return null;
  }
  peer.currentPiece = open.piece;
  tellHaves(state, peer);
  return open;
}

/** Asks the peer for as much as its queue has room for; where the download is limited, those whose turn it is. */
export function refill(state: SessionState, peer: Peer): void {
  if (state.turns.isLimited) {
    takeTurns(state);
    return;
  }
  if (!canBeAsked(state, peer)) return;
  let room = peer.requests.room();
  while (room > 0) {
    const open = nextPiece(state, peer);
    if (open === null) return;
    for (let block = open.nextUnrequested(); block >= 0 && room > 0; block = open.nextUnrequested()) {
      ask(state, peer, open, block);
      room--;
    }
    state.tracker.updatePartial(open);
  }
}

function waitsForTurn(state: SessionState, peer: Peer): boolean {
  return peer.requests.freePlaces > 0 && canBeAsked(state, peer);
}

/** A limit of ours, and nothing else, is why nobody is asked now. */
export function isThrottled(state: SessionState): boolean {
  if (state.turns.isPaused) return true;
  for (const { run } of state.webSeeds.links()) if (run !== null && state.now < run.pausedUntil) return true;
  if (!state.turns.isWaiting(state.now)) return false;
  for (const peer of state.peers.values()) if (waitsForTurn(state, peer)) return true;
  return false;
}

/** Who answers at once is asked again; who does not gets no more of the limit than what it holds, or nothing. Among equals it goes round. */
function byTurn(a: Peer, b: Peer): number {
  const bySilence = Number(a.requests.isSnubbed) - Number(b.requests.isSnubbed);
  return bySilence || a.requests.length - b.requests.length || a.lastTurn - b.lastTurn;
}

/** Under a limit: asks one peer after the other for a block each, as far as the limit goes. */
export function takeTurns(state: SessionState): void {
  const { turns, now, tracker } = state;
  if (turns.isWaiting(now)) return;
  const line = [...state.peers.values()].filter((peer) => waitsForTurn(state, peer)).toSorted(byTurn);
  // Each place is filled once: two peers may take the memory for their pieces from each other.
  let places = line.reduce((sum, peer) => sum + peer.requests.freePlaces, 0);
  for (let peer = line.shift(); peer !== undefined && places > 0 && turns.isRipe(now); peer = line.shift()) {
    places--;
    const open = nextPiece(state, peer);
    if (open === null) continue;
    ask(state, peer, open, open.nextUnrequested());
    tracker.updatePartial(open);
    if (waitsForTurn(state, peer)) line.push(peer);
  }
}

/** Half of the budget for what is asked, evenly: the other half is for pieces that wait for their last blocks, or for the disk. */
function shareBudget(state: SessionState): void {
  let askable = 0;
  for (const peer of state.peers.values()) if (canBeAsked(state, peer)) askable++;
  const share = Math.floor(state.limits.budgetBlocks / 2 / Math.max(1, askable));
  for (const peer of state.peers.values()) peer.requests.setShare(share);
}

export function refillAll(state: SessionState): void {
  state.hasIdlePeer = false;
  shareBudget(state);
  if (state.turns.isLimited) takeTurns(state);
  else for (const peer of state.peers.values()) refill(state, peer);
}
