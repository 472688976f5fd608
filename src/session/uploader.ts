// The other direction: what peers ask of us, answered as far as they are unchoked (or allowed, BEP 6), we have the piece and
// their connection takes it; and the choking rounds that decide who is.

import type { PieceIndex } from '../model/ids.js';
import type { BlockRange } from '../wire/message.js';
import type { Choker } from './choker.js';
import type { Peer } from './peer.js';
import type { SessionState } from './session-state.js';
import type { UploadRequest } from './upload-queue.js';

function reject(state: SessionState, peer: Peer, range: BlockRange): void {
  if (!peer.identity.features.fast) return;
  state.send(peer, { type: 'reject', piece: range.piece, begin: range.begin, length: range.length });
}

/** A request came: queued, or refused (BEP 6: every refused request is answered with a reject). */
export function acceptRequest(state: SessionState, peer: Peer, range: BlockRange): void {
  const piece = state.geometry.validatePieceIndex(range.piece);
  const isServable =
    piece !== null &&
    state.tracker.have.has(piece) &&
    state.window === null &&
    state.revealed?.mayServe(peer.key, piece) !== false &&
    range.length <= state.limits.maxUploadBlockBytes &&
    state.geometry.containsRange(piece, range.begin, range.length) &&
    (!peer.amChoking || peer.allowedByUs.has(piece));
  if (!isServable || !peer.uploads.push({ piece, begin: range.begin, length: range.length })) reject(state, peer, range);
  else serve(state, peer);
}

/** A cancel came: BEP 6 wants a reject for what will not be sent. */
export function acceptCancel(state: SessionState, peer: Peer, range: BlockRange): void {
  const piece = state.geometry.validatePieceIndex(range.piece);
  if (piece !== null && peer.uploads.cancel({ piece, begin: range.begin, length: range.length })) reject(state, peer, range);
}

/** Hands out what the peer's connection takes. */
function serve(state: SessionState, peer: Peer): void {
  for (let request = peer.uploads.take(); request !== null; request = peer.uploads.take()) {
    state.emit({ type: 'send-block', peer: peer.key, piece: request.piece, begin: request.begin, length: request.length });
  }
}

/** A block handed out has left, or never will. */
export function settleBlock(state: SessionState, peer: Peer | undefined, length: number, sent: boolean): void {
  if (sent) state.upload.add(length, state.now);
  if (peer === undefined) return;
  if (sent) {
    peer.upload.add(length, state.now);
    peer.lastSentAt = state.now;
  }
  peer.uploads.settle(length);
  serve(state, peer);
}

function choke(state: SessionState, peer: Peer): void {
  peer.amChoking = true;
  state.send(peer, { type: 'choke' });
  const isAllowed = (piece: PieceIndex): boolean => peer.identity.features.fast && peer.allowedByUs.has(piece);
  const dropped: UploadRequest[] = peer.uploads.dropAll((request) => !isAllowed(request.piece));
  for (const request of dropped) reject(state, peer, request);
}

function unchoke(state: SessionState, peer: Peer): void {
  peer.amChoking = false;
  state.send(peer, { type: 'unchoke' });
}

/** The round of every ten seconds. */
export function chokeRound(state: SessionState, choker: Choker): void {
  const isSeeding = state.isComplete;
  const peers = [...state.peers.values()];
  const unchoked = choker.round(
    peers.map((peer) => ({
      key: peer.key,
      peerInterested: peer.peerInterested,
      amChoking: peer.amChoking,
      isSnubbed: !isSeeding && peer.requests.isSnubbed,
      rate: (isSeeding ? peer.upload : peer.download).rate(state.now),
    })),
    state.now,
  );
  for (const peer of peers) {
    if (unchoked.has(peer.key) && peer.amChoking) unchoke(state, peer);
    else if (!unchoked.has(peer.key) && !peer.amChoking) choke(state, peer);
  }
}

/** A peer wants something between rounds: a free slot is given at once, where there is anything to give. */
export function greetInterested(state: SessionState, choker: Choker, peer: Peer): void {
  if (!peer.amChoking || !peer.peerInterested || state.tracker.have.isEmpty || state.window !== null) return;
  let unchoked = 0;
  for (const other of state.peers.values()) if (!other.amChoking) unchoked++;
  if (choker.hasFreeSlot(unchoked)) unchoke(state, peer);
}

/** A peer lost its interest: its slot goes to one that waits. */
export function passSlotOn(state: SessionState, choker: Choker, peer: Peer): void {
  if (peer.amChoking || state.revealed?.isAwaiting(peer.key) === true) return;
  choke(state, peer);
  fillSlots(state, choker);
}

/** A slot may have become free. */
export function fillSlots(state: SessionState, choker: Choker): void {
  for (const peer of state.peers.values()) greetInterested(state, choker, peer);
}
