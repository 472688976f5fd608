// A connection becomes a peer, or is refused: ourselves, banned addresses, second connections and a full house. What we say
// first is said here: what we have (BEP 3, BEP 6), our extended handshake (BEP 10), the pieces it may ask for while choked.

import type { Address } from '../model/address.js';
import { equalBytes } from '../model/ids.js';
import { allowedFastSet } from '../wire/allowed-fast.js';
import { encodeExtendedHandshake } from '../wire/extension.js';
import { LT_DONTHAVE } from '../wire/lt-donthave.js';
import { clientName } from '../wire/peer-id.js';
import { UPLOAD_ONLY } from '../wire/upload-only.js';
import { UT_METADATA } from '../wire/ut-metadata.js';
import { UT_PEX } from '../wire/ut-pex.js';
import type { DisconnectReason } from './disconnect-reason.js';
import { dropPeer } from './departure.js';
import type { SessionEvent } from './events.js';
import { OUR_DONTHAVE_ID, OUR_METADATA_ID, OUR_PEX_ID, OUR_UPLOAD_ONLY_ID } from './extension-ids.js';
import { leastIdler, outranked } from './idler.js';
import { Peer } from './peer.js';
import { exchangesPeers } from './pex.js';
import type { SessionState } from './session-state.js';
import { isUploadOnly } from './upload-only.js';

type Connected = Extract<SessionEvent, { type: 'peer-connected' }>;

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

function refusal(state: SessionState, event: Connected): DisconnectReason | null {
  if (state.isStopped) return 'stopping';
  if (equalBytes(event.peerId, state.settings.peerId)) return 'self-connection';
  if (state.book.isBanned(event.address ?? event.remote)) return 'banned';
  return event.incoming && state.book.isBannedHost(event.remote) ? 'banned' : null;
}

/** Whether there is room for it; a newcomer that took the trouble to come to us takes the place of one that does nothing (idler.ts). */
function findsRoom(state: SessionState, event: Connected): boolean {
  if (state.peers.size < state.limits.maxPeers) return true;
  if (!event.incoming) return false;
  const idler = leastIdler(state);
  const other = idler ?? outranked(state, event.remote);
  if (other === null) return false;
  dropPeer(state, other, idler === null ? 'outranked' : 'useless');
  return state.peers.size < state.limits.maxPeers;
}

function refuse(state: SessionState, event: Connected, reason: DisconnectReason): null {
  state.emit({ type: 'disconnect', peer: event.peer, reason });
  const { address } = event;
  if (address === null) return null;
  if (reason === 'self-connection') state.book.markSelf(address);
  else if (reason === 'too-many-peers') state.book.markPostponed(address, state.now);
  else state.book.markFailed(address, state.now);
  state.notice({ type: 'dial-failed', address, reason });
  return null;
}

/**
 * Two peers that dial each other at once have two connections, and both ends must keep the same one: that of the larger
 * peer id. Only a connection that has brought nothing yet gives way, or one that is of no use: an id proves nothing.
 */
function isBetter(state: SessionState, event: Connected, twin: Peer): boolean {
  const { crossingMs } = state.limits;
  // Nothing to get from it and nothing to give: it may have copied the id of the one that comes now.
  if (twin.wantedCount === 0 && !twin.peerInterested && state.now > twin.connectedAt + crossingMs) return true;
  if (twin.identity.incoming === event.incoming || twin.download.totalBytes > 0) return false;
  if (state.now - twin.connectedAt > crossingMs) return false;
  const isOursLarger = compareBytes(state.settings.peerId, event.peerId) > 0;
  return isOursLarger !== event.incoming;
}

/**
 * Whether two connections under one peer id may be one peer: from one host, or over IPv4 and IPv6. An id proves nothing: who
 * copies that of a leecher must not keep it out of a seed by being there first.
 */
function mayBeOne(a: Address, b: Address): boolean {
  return a.host === b.host || a.family !== b.family;
}

/** Admits the connection as a peer and greets it; null where it was refused. */
export function admit(state: SessionState, event: Connected): Peer | null {
  // First of all: what is refused whatever the house looks like must not cost anybody its place.
  const reason = refusal(state, event);
  if (reason !== null) return refuse(state, event, reason);
  const twin = [...state.peers.values()].find(
    ({ identity }) => equalBytes(identity.peerId, event.peerId) && mayBeOne(identity.remote, event.remote),
  );
  if (twin !== undefined && isBetter(state, event, twin)) {
    dropPeer(state, twin, 'duplicate-peer');
  } else if (twin !== undefined) {
    refuse(state, event, 'duplicate-peer');
    const isSameHost = event.address?.host === twin.identity.remote.host;
    if (event.address !== null && isSameHost) learnAddress(state, twin, event.address);
    return null;
  }
  if (!findsRoom(state, event)) return refuse(state, event, 'too-many-peers');
  const { peer: key, peerId, address, remote, incoming, features, isEncrypted = false } = event;
  const identity = { key, peerId, remote, incoming, features, isEncrypted };
  const peer = new Peer(identity, address, clientName(peerId), state.geometry.pieceCount, state.limits, state.now);
  state.peers.set(key, peer);
  state.blame.remember(key, { address: address ?? remote, cameToUs: incoming });
  if (address !== null) {
    state.membership++;
    state.book.markConnected(address, !incoming);
  }
  state.notice({ type: 'peer-opened', address: peer.displayAddress, incoming, client: peer.client });
  greet(state, peer);
  return peer;
}

/** The port it listens on became known (BEP 10 `p`): from now on its address can be dialled, remembered and banned. */
export function learnAddress(state: SessionState, peer: Peer, address: Address): void {
  if (peer.address !== null) return;
  if (state.book.isBanned(address)) {
    dropPeer(state, peer, 'banned');
    return;
  }
  peer.address = address;
  state.membership++;
  state.blame.remember(peer.key, { address, cameToUs: peer.identity.incoming });
  state.book.add([address], 'incoming', state.now);
  state.book.markConnected(address, false);
}

function greet(state: SessionState, peer: Peer): void {
  const { have } = state.tracker;
  const { features, remote } = peer.identity;
  const { isHidingPieces } = state;
  if (features.fast && (have.isEmpty || isHidingPieces)) state.send(peer, { type: 'have-none' });
  else if (features.fast && have.isFull) state.send(peer, { type: 'have-all' });
  else if (!have.isEmpty && !isHidingPieces) state.send(peer, { type: 'bitfield', bytes: have.toBytes() });
  if (features.extended) {
    const { listenPort, clientVersion, infoBytes } = state.settings;
    const hasInfo = infoBytes.length > 0;
    const extensions = new Map([
      [LT_DONTHAVE, OUR_DONTHAVE_ID],
      [UPLOAD_ONLY, OUR_UPLOAD_ONLY_ID],
    ]);
    peer.knowsUploadOnly = isUploadOnly(state);
    if (hasInfo) extensions.set(UT_METADATA, OUR_METADATA_ID);
    if (exchangesPeers(state.settings)) extensions.set(UT_PEX, OUR_PEX_ID);
    const payload = encodeExtendedHandshake({
      extensions,
      ...(hasInfo ? { metadataSize: infoBytes.length } : {}),
      ...(peer.knowsUploadOnly ? { isUploadOnly: true } : {}),
      client: clientVersion,
      requestLimit: state.limits.ownReqq,
      ...(listenPort === null ? {} : { port: listenPort }),
      yourIp: remote.host,
    });
    state.send(peer, { type: 'extended', id: 0, payload });
  }
  if (features.fast && !isHidingPieces) allowFast(state, peer);
}

function allowFast(state: SessionState, peer: Peer): void {
  const { infoHash } = state.settings;
  if (infoHash.v1 === undefined) return;
  for (const piece of allowedFastSet(
    peer.identity.remote,
    infoHash.v1,
    state.geometry.pieceCount,
    state.limits.allowedFastPieces,
  )) {
    if (!state.tracker.have.has(piece)) continue;
    peer.allowedByUs.add(piece);
    state.send(peer, { type: 'allowed-fast', piece });
  }
}
