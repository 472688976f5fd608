// The way of a piece after its blocks: whole → stored or failed → counted, announced to everyone, or blamed on somebody.
// A failure costs its sources their other work until the case is settled, so that a liar spoils little.

import type { PeerKey, PieceIndex } from '../model/ids.js';
import { banSource } from './ban.js';
import { forgetPiece } from './forgetting.js';
import type { OpenPiece } from './open-piece.js';
import type { Peer } from './peer.js';
import { releasePiece, takeBackRequests } from './recall.js';
import type { SessionState } from './session-state.js';
import { quarantineLink } from './web-seed-recall.js';

/** All blocks are here: off to the hash and the disk. */
export function storeWhole(state: SessionState, open: OpenPiece): void {
  state.tracker.moveToStoring(open);
  const digests = state.blame.isOpenCase(open.piece) ? 'always' : open.sources().size > 1 ? 'on-mismatch' : 'never';
  state.emit({ type: 'store-piece', piece: open.piece, digests });
}

/**
 * The piece is verified and on disk: it counts, and everybody hears of it (BEP 3 HAVE). At once who may want it; who has it, and so
 * learns no more than how far we are, with the next requests: a write for each piece to each seed was 7% of all CPU.
 */
export function countStored(state: SessionState, piece: PieceIndex): void {
  const open = state.tracker.finish(piece);
  state.blame.acquit(open);
  const isRead = state.window !== null;
  // Its readers went elsewhere while it was on its way.
  const isLeft = state.window?.has(piece) === false;
  for (const peer of state.peers.values()) {
    peer.unverified.delete(piece);
    if (peer.have.has(piece)) {
      // One that has shown all has no others to show, and is not to take us, who serve nothing, for a seed.
      const isTold = !isRead || (peer.hearsOfPieces && !isLeft && !peer.isSeed);
      if (isTold) peer.untoldHaves.push(piece);
      loseWanted(state, peer);
    } else if (!isRead) {
      state.send(peer, { type: 'have', piece });
    }
  }
  const { have } = state.tracker;
  state.notice({ type: 'piece-stored', piece, have: have.count, pieceCount: have.length });
  if (isLeft) forgetPiece(state, piece);
}

/** Says the haves that were held back. */
export function tellHaves(state: SessionState, peer: Peer): void {
  for (const piece of peer.untoldHaves) state.send(peer, { type: 'have', piece });
  peer.untoldHaves.length = 0;
}

/** The peer has one piece less that we lack: it has lost it, or we have it too. */
export function loseWanted(state: SessionState, peer: Peer): void {
  peer.wantedCount--;
  if (peer.wantedCount > 0 || !peer.amInterested) return;
  peer.amInterested = false;
  tellHaves(state, peer);
  state.send(peer, { type: 'not-interested' });
}

/** The true digests of a piece that had failed before: whoever sent other bytes is banned. */
export function convictLiars(state: SessionState, piece: PieceIndex, digests: readonly Uint8Array[]): void {
  for (const liar of state.blame.convict(piece, digests)) banSource(state, liar, piece);
}

/** The piece failed its hash. One source: it is banned. Several: they are suspects, and do nothing else until one is convicted. */
export function blameMismatch(state: SessionState, piece: PieceIndex, digests: readonly Uint8Array[] | null): void {
  const open = state.tracker.reopen(piece);
  state.hashFailures++;
  state.wastedBytes += state.geometry.pieceLength(piece);
  const sources = [...open.sources()];
  for (const peer of state.peers.values()) peer.unverified.delete(piece);
  state.notice({
    type: 'hash-failed',
    piece,
    sources: sources.flatMap((peer) => state.blame.originOf(peer)?.address ?? []),
    webSeeds: sources.flatMap((key) => state.webSeeds.linkOf(key)?.seed.name ?? []),
  });
  if (sources.length === 0) {
    // Nothing but padding, and nobody sent it: the torrent contradicts itself, and no peer can help.
    state.notice({ type: 'sources-exhausted', piece, banned: [], bannedWebSeeds: [] });
    return;
  }
  const guilty = state.blame.accuse(open, digests);
  if (guilty !== null) banSource(state, guilty, piece);
  else for (const peer of sources) quarantine(state, peer);
}

/** Nothing a suspect sent is used any more: open pieces with blocks of it begin again, and its requests go to others. */
function quarantine(state: SessionState, key: PeerKey): void {
  for (const open of Array.from(state.tracker.openPieces())) if (open.sources().has(key)) releasePiece(state, open);
  const peer = state.peers.get(key);
  if (peer !== undefined) takeBackRequests(state, peer, true);
  const link = state.webSeeds.linkOf(key);
  if (link !== undefined) quarantineLink(state, link);
}
