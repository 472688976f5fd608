// The end for whoever sent bad data: its address is banned for this run and its connections are closed, also one that it
// made under another key while the verdict was pending. A web seed is banned by its URL.

import { addressKey } from '../model/address.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Origin } from './blame.js';
import { dropPeer } from './departure.js';
import type { Peer } from './peer.js';
import { releasePiece } from './recall.js';
import type { SessionState } from './session-state.js';
import { banSeed } from './web-seed-recall.js';

/** The peer itself, or the same one under another key: it left and came back before its verdict. */
function isFrom(peer: Peer, key: PeerKey, origin: Origin | undefined): boolean {
  if (peer.key === key) return true;
  if (origin === undefined) return false;
  if (peer.address !== null && addressKey(peer.address) === addressKey(origin.address)) return true;
  return origin.cameToUs && peer.identity.incoming && peer.identity.remote.host === origin.address.host;
}

export function banSource(state: SessionState, key: PeerKey, piece: PieceIndex): void {
  const link = state.webSeeds.linkOf(key);
  if (link === undefined) banPeer(state, key, piece);
  else banSeed(state, link.seed, piece);
}

function banPeer(state: SessionState, key: PeerKey, piece: PieceIndex): void {
  const origin = state.blame.originOf(key);
  if (origin !== undefined && !state.book.isBanned(origin.address)) {
    state.book.ban(origin.address, origin.cameToUs);
    state.notice({ type: 'peer-banned', address: origin.address, piece });
  }
  const offenders = [...state.peers.values()].filter((peer) => isFrom(peer, key, origin));
  const keys = new Set([key, ...offenders.map((peer) => peer.key)]);
  for (const open of Array.from(state.tracker.openPieces())) {
    if ([...open.sources()].some((source) => keys.has(source))) releasePiece(state, open);
  }
  for (const peer of offenders) dropPeer(state, peer, 'bad-data');
}
