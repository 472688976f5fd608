// What each message of a peer does (BEP 3, 6, 9, 10, 11, 21, 54). Messages of a kind that a peer may not send, or that name pieces which
// don't exist, end that peer and nothing else; unknown ones are skipped.

import { createAddress } from '../model/address.js';
import { Bitfield } from '../model/bitfield.js';
import { decodeExtendedHandshake } from '../wire/extension.js';
import type { Message } from '../wire/message.js';
import { decodeUploadOnly, UPLOAD_ONLY } from '../wire/upload-only.js';
import { UT_METADATA } from '../wire/ut-metadata.js';
import { UT_PEX } from '../wire/ut-pex.js';
import { WireError } from '../wire/wire-error.js';
import { learnAddress } from './admission.js';
import type { Choker } from './choker.js';
import { dropPeer } from './departure.js';
import { handleDontHave } from './dont-have.js';
import { OUR_DONTHAVE_ID, OUR_METADATA_ID, OUR_PEX_ID, OUR_UPLOAD_ONLY_ID } from './extension-ids.js';
import { handleMetadataMessage } from './metadata-upload.js';
import type { Peer } from './peer.js';
import { handlePexMessage } from './pex.js';
import { acceptReject, takeBackRequests } from './recall.js';
import { refill, refillAll } from './requester.js';
import type { SessionState } from './session-state.js';
import { followSpread } from './super-seeding.js';
import { hearUploadOnly, tellUploadOnly } from './upload-only.js';
import { acceptCancel, acceptRequest, greetInterested, passSlotOn } from './uploader.js';
import { takeUp } from './window-interest.js';

/** Allowed-fast pieces remembered of one peer: BEP 6 speaks of about ten. */
const MAX_ALLOWED_FAST = 100;

export function handlePeerMessage(state: SessionState, choker: Choker, peer: Peer, message: Message): void {
  peer.lastReceivedAt = state.now;
  switch (message.type) {
    case 'keep-alive':
    case 'port':
    case 'suggest':
    case 'unknown':
    case 'piece': // the engine takes bodies the short way; one that arrives as a value has no effect
      return;
    case 'choke':
      handleChoke(state, peer);
      return;
    case 'unchoke':
      peer.peerChoking = false;
      refill(state, peer);
      return;
    case 'interested':
      peer.peerInterested = true;
      peer.hasBeenInterested = true;
      greetInterested(state, choker, peer);
      return;
    case 'not-interested':
      peer.peerInterested = false;
      passSlotOn(state, choker, peer);
      return;
    case 'have':
      handleHave(state, peer, message.piece);
      return;
    case 'bitfield':
      handleBitfield(state, peer, Bitfield.fromBytes(message.bytes, state.geometry.pieceCount));
      return;
    case 'have-all':
      handleBitfield(state, peer, peer.identity.features.fast ? Bitfield.full(state.geometry.pieceCount) : null);
      return;
    case 'have-none':
      handleBitfield(state, peer, peer.identity.features.fast ? new Bitfield(state.geometry.pieceCount) : null);
      return;
    case 'request':
      acceptRequest(state, peer, message);
      return;
    case 'cancel':
      acceptCancel(state, peer, message);
      return;
    case 'reject':
      handleReject(state, peer, message);
      return;
    case 'allowed-fast':
      handleAllowedFast(state, peer, message.piece);
      return;
    case 'extended':
      if (message.id === 0) handleExtendedHandshake(state, peer, message.payload);
      else if (message.id === OUR_METADATA_ID) handleMetadataMessage(state, peer, message.payload);
      else if (message.id === OUR_PEX_ID) handlePexMessage(state, peer, message.payload);
      else if (message.id === OUR_DONTHAVE_ID) handleDontHave(state, peer, message.payload);
      else if (message.id === OUR_UPLOAD_ONLY_ID) handleUploadOnly(state, peer, message.payload);
      return;
  }
}

/** Without BEP 6 a choke drops every request; with it each is still answered, by its block or a reject (see `takeBackUnanswered`). */
function handleChoke(state: SessionState, peer: Peer): void {
  if (!peer.peerChoking) peer.chokedAt = state.now;
  peer.peerChoking = true;
  if (peer.identity.features.fast) return;
  takeBackRequests(state, peer, false);
  refillAll(state);
}

function handleHave(state: SessionState, peer: Peer, index: number): void {
  const piece = state.geometry.validatePieceIndex(index);
  if (piece === null) {
    dropPeer(state, peer, 'protocol-error');
    return;
  }
  peer.hasSaidWhatItHas = true;
  if (!peer.have.set(piece)) return;
  peer.barrenSince = null;
  state.tracker.picker.addHave(piece);
  if (state.tracker.isLacking(piece)) peer.wantedCount++;
  followSpread(state, peer, piece);
  updateInterest(state, peer);
}

/**
 * `field` is null where the message was not allowed or its bytes don't fit this torrent. BEP 3 wants it first or not at all, but
 * aria2 says have-none and later, when it has pieces, a bitfield: a late one adds to what is known, as so many haves would.
 */
function handleBitfield(state: SessionState, peer: Peer, field: Bitfield | null): void {
  if (field === null) {
    dropPeer(state, peer, 'protocol-error');
    return;
  }
  const isFirst = !peer.hasSaidWhatItHas;
  peer.hasSaidWhatItHas = true;
  peer.barrenSince = null;
  const { picker } = state.tracker;
  if (field.isFull && isFirst) {
    peer.have.setAll();
    peer.isCountedAsSeed = true;
    picker.addSeed();
    peer.wantedCount = state.tracker.missingCount;
  } else {
    for (const piece of field) {
      if (!peer.have.set(piece)) continue;
      picker.addHave(piece);
      if (state.tracker.isLacking(piece)) peer.wantedCount++;
    }
  }
  followSpread(state, peer, null);
  updateInterest(state, peer);
}

function updateInterest(state: SessionState, peer: Peer): void {
  if (state.isComplete) {
    if (peer.isSeed) dropPeer(state, peer, 'both-seeds');
    return;
  }
  takeUp(state, peer);
  if (peer.wantedCount > 0 && !peer.amInterested && !peer.isSetAside) {
    peer.amInterested = true;
    state.send(peer, { type: 'interested' });
  }
  refill(state, peer);
}

function handleReject(state: SessionState, peer: Peer, range: { piece: number; begin: number; length: number }): void {
  if (!peer.identity.features.fast) {
    dropPeer(state, peer, 'protocol-error');
    return;
  }
  const piece = state.geometry.validatePieceIndex(range.piece);
  const block = piece === null ? null : state.geometry.validateBlock(piece, range.begin, range.length);
  if (piece === null || block === null) return;
  peer.allowedByPeer.delete(piece);
  if (!acceptReject(state, peer, piece, block)) return;
  // For a while it is not asked for this piece again: two peers that reject must not be asked in turn for ever.
  if (!peer.peerChoking) peer.refusedUntil.set(piece, state.now + state.limits.refusalMs);
  for (const other of state.peers.values()) if (other !== peer) refill(state, other);
}

function handleAllowedFast(state: SessionState, peer: Peer, index: number): void {
  const piece = state.geometry.validatePieceIndex(index);
  if (piece === null || !peer.identity.features.fast || peer.allowedByPeer.size >= MAX_ALLOWED_FAST) return;
  peer.allowedByPeer.add(piece);
  refill(state, peer);
}

function handleExtendedHandshake(state: SessionState, peer: Peer, payload: Uint8Array): void {
  try {
    const handshake = decodeExtendedHandshake(payload);
    if (handshake.requestLimit !== undefined) peer.requests.setReqq(handshake.requestLimit);
    if (handshake.client !== undefined && handshake.client !== '') peer.client = handshake.client;
    // A later handshake changes only what it names (BEP 10).
    peer.metadataId = handshake.extensions.get(UT_METADATA) ?? peer.metadataId;
    peer.pexId = handshake.extensions.get(UT_PEX) ?? peer.pexId;
    peer.uploadOnlyId = handshake.extensions.get(UPLOAD_ONLY) ?? peer.uploadOnlyId;
    if (handshake.isUploadOnly !== undefined) hearUploadOnly(state, peer, handshake.isUploadOnly);
    tellUploadOnly(state, peer);
    const { yourIp } = handshake;
    if (yourIp !== undefined) state.settings.externalAddresses.hearFromPeer(peer.identity.remote, yourIp);
    const address = handshake.port === undefined ? null : createAddress(peer.identity.remote.host, handshake.port);
    if (address !== null && peer.identity.incoming) learnAddress(state, peer, address);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    dropPeer(state, peer, 'protocol-error');
  }
}

function handleUploadOnly(state: SessionState, peer: Peer, payload: Uint8Array): void {
  try {
    hearUploadOnly(state, peer, decodeUploadOnly(payload));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    dropPeer(state, peer, 'protocol-error');
  }
}
