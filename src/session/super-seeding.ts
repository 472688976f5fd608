// Super-seeding (BEP 16): an initial seed pretends to have nothing and reveals its pieces to each peer a few at a time, the rarest first. A
// peer hears of another one when it has got one that somebody else has too, so what was sent goes round before more is sent, and a first
// copy costs the seed little more than its size. A peer that is alone, or whom the others take nothing from, does not wait for ever. It
// ends by itself when every piece is with two peers, when there is another seed, or when peers don't pass on what they get.

import type { PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { SuperSeedingEnd } from './notices.js';
import type { Peer } from './peer.js';
import type { Revealed, RevealedPieces } from './revealed-pieces.js';
import type { SessionState } from './session-state.js';
import { tellUploadOnly } from './upload-only.js';

/** Peers that have a piece for it to be safe. */
const SAFE_COPIES = 2;

const MAX_DOUBLINGS = 10;

/** The peer said that it has the piece; null: what it has at all. */
export function followSpread(state: SessionState, peer: Peer, piece: PieceIndex | null): void {
  const { revealed } = state;
  if (revealed?.isHiding !== true) return;
  if (peer.isSeed) {
    end(state, revealed, 'another-seed');
    return;
  }
  revealTo(state, revealed, peer);
  for (const other of state.peers.values()) {
    const isConcerned = piece === null || revealed.isPending(other.key, piece);
    if (other !== peer && isConcerned) revealTo(state, revealed, other);
  }
}

/** To be called about once a second. */
export function superSeedRound(state: SessionState): void {
  const { revealed } = state;
  if (revealed === null) return;
  if (!revealed.isHiding) {
    for (const peer of state.peers.values()) tellRest(state, revealed, peer);
    return;
  }
  const reason = reasonToEnd(state, revealed);
  if (reason === null) for (const peer of state.peers.values()) revealTo(state, revealed, peer);
  else end(state, revealed, reason);
}

function reasonToEnd(state: SessionState, { doubtsSince }: RevealedPieces): SuperSeedingEnd | null {
  if (doubtsSince !== null && state.now >= doubtsSince + state.limits.superSeedGiveUpMs) return 'not-spreading';
  for (const piece of state.geometry.pieces()) if (state.tracker.picker.availability(piece) < SAFE_COPIES) return null;
  return 'spread';
}

/** Tells the peer of as many pieces as there is room for, once what it was told of before has gone round. */
function revealTo(state: SessionState, revealed: RevealedPieces, peer: Peer): void {
  const { superSeedDepth, superSeedLoneDepth, superSeedHelloMs, superSeedDeclineMs } = state.limits;
  // Who has something says so at once; who says nothing has nothing.
  if (!peer.hasSaidWhatItHas && state.now < peer.connectedAt + superSeedHelloMs) return;
  const known = revealed.to(peer.key);
  // It has had the time to say that it wants what it was told of: it has chosen other files. Each time it is told of twice as many.
  const isDeclined = !peer.peerInterested && known.pending.size > 0 && state.now >= known.toldAt + superSeedDeclineMs;
  if (isDeclined) known.declined++;
  for (const [piece, since] of known.pending) {
    if (!peer.have.has(piece)) {
      if (isDeclined) known.pending.delete(piece);
      continue;
    }
    if (since === null) known.pending.set(piece, state.now);
    if (isSettled(state, revealed, peer, piece, since ?? state.now)) known.pending.delete(piece);
  }
  const depth = (state.peers.size === 1 ? superSeedLoneDepth : superSeedDepth) * 2 ** Math.min(known.declined, MAX_DOUBLINGS);
  while (known.pending.size < depth && !known.isExhausted) {
    const piece = pick(state, revealed, peer, known);
    known.isExhausted = piece === null;
    if (piece === null) return;
    known.pieces.add(piece);
    known.pending.set(piece, null);
    known.toldAt = state.now;
    state.send(peer, { type: 'have', piece });
  }
}

/** The peer has had the piece since then: is that enough for another one? */
function isSettled(state: SessionState, revealed: RevealedPieces, peer: Peer, piece: PieceIndex, since: Millis): boolean {
  if (state.tracker.picker.availability(piece) >= SAFE_COPIES) {
    revealed.doubtsSince = null;
    return true;
  }
  if (!hasTaker(state, peer, piece)) return true;
  if (state.now < since + state.limits.superSeedPatienceMs) return false;
  revealed.doubtsSince ??= state.now;
  return true;
}

/** Somebody else lacks the piece, and takes part. */
function hasTaker(state: SessionState, holder: Peer, piece: PieceIndex): boolean {
  for (const peer of state.peers.values()) {
    const takesPart = peer.uploadOnlySince === null && (peer.upload.totalBytes > 0 || !peer.have.isEmpty);
    if (takesPart && peer !== holder && !peer.have.has(piece)) return true;
  }
  return false;
}

/**
 * The rarest piece the peer lacks and has not been told of, ties at random. What is on its way to somebody counts as there already, and
 * half where we choke him: it may take long.
 */
function pick(state: SessionState, revealed: RevealedPieces, peer: Peer, known: Revealed): PieceIndex | null {
  const onTheWay = new Map<PieceIndex, number>();
  for (const { key, amChoking } of state.peers.values()) {
    for (const piece of revealed.onTheWayTo(key)) onTheWay.set(piece, (onTheWay.get(piece) ?? 0) + (amChoking ? 1 : 2));
  }
  let best: PieceIndex | null = null;
  let lowest = Infinity;
  let ties = 0;
  for (const piece of state.geometry.pieces()) {
    if (peer.have.has(piece) || known.pieces.has(piece)) continue;
    const score = 2 * state.tracker.picker.availability(piece) + (onTheWay.get(piece) ?? 0);
    if (score > lowest) continue;
    ties = score < lowest ? 1 : ties + 1;
    lowest = score;
    if (state.random.below(ties) === 0) best = piece;
  }
  return best;
}

function end(state: SessionState, revealed: RevealedPieces, reason: SuperSeedingEnd): void {
  revealed.isHiding = false;
  state.notice({ type: 'super-seeding-ended', reason });
  for (const peer of state.peers.values()) {
    revealed.to(peer.key);
    tellRest(state, revealed, peer);
  }
}

/** From now on we are a seed like others for the peer: it hears what it lacks, some at a time, and then that we want nothing. */
function tellRest(state: SessionState, revealed: RevealedPieces, peer: Peer): void {
  if (!revealed.has(peer.key)) return;
  const known = revealed.to(peer.key);
  const { pieceCount } = state.geometry;
  let room = state.limits.maxHavesAtOnce;
  for (; known.cursor < pieceCount && room > 0; known.cursor++) {
    const piece = known.cursor as PieceIndex;
    if (peer.have.has(piece) || known.pieces.has(piece)) continue;
    state.send(peer, { type: 'have', piece });
    room--;
  }
  if (known.cursor < pieceCount) return;
  revealed.forget(peer.key);
  tellUploadOnly(state, peer);
}
