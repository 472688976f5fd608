// State now, for bars and `--json`: plain data, cheap enough to take ten times a second, and a copy: nothing in it changes
// later.

import type { Address } from '../model/address.js';
import type { Bitfield } from '../model/bitfield.js';
import type { PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { MessageCounts } from './message-counts.js';
import type { Peer } from './peer.js';
import { isThrottled } from './requester.js';
import type { SessionState } from './session-state.js';
import type { WebSeed, WebSeedLack, WebSeedReason } from './web-seed.js';
import { isWindowFull } from './window-moves.js';

export interface PeerSnapshot {
  readonly address: Address;
  readonly client: string;
  readonly incoming: boolean;
  readonly havePieces: number;
  readonly amChoking: boolean;
  readonly amInterested: boolean;
  /** It has pieces, and none that a reader will read soon. */
  readonly isSetAside: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  readonly isSnubbed: boolean;
  /** It says that it wants no pieces (BEP 21): a seed, whole or partial. */
  readonly isUploadOnly: boolean;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
  readonly outstandingRequests: number;
  readonly requestDepth: number;
}

export interface WebSeedSnapshot {
  /** Its URL without secrets. */
  readonly name: string;
  /** `waiting`: for the time of its next try; `idle`: nothing to ask of it now. */
  readonly state: 'idle' | 'fetching' | 'waiting' | 'dropped' | 'banned';
  /** Why it last failed, and what its server answered. */
  readonly reason: WebSeedReason | null;
  readonly status: number | null;
  readonly retryInMs: number | null;
  /** How many files of how many it lacks, and what it said of the last; left out: none that it was asked for. */
  readonly lacking?: {
    readonly files: number;
    readonly fileCount: number;
    readonly reason: WebSeedReason;
    readonly status: number | null;
  };
  /** Requests under way. */
  readonly connections: number;
  readonly downloadedBytes: number;
  readonly downloadBytesPerSecond: number;
}

export interface SessionSnapshot {
  /** Bytes of what was chosen: of the whole torrent, unless files of it were. */
  readonly totalBytes: number;
  /** Of them, those that are on disk and verified; those found at the start included. */
  readonly verifiedBytes: number;
  /** Of them, those still to come: exact. */
  readonly leftBytes: number;
  /** Bytes of the whole torrent that are not here: as announced (`left`), so that a partial seed is none (BEP 21). */
  readonly announcedLeftBytes: number;
  /** Payload received since the start, waste included (`downloaded`). */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** How long ago the first payload came; left out before. */
  readonly firstByteAgoMs?: number;
  /** Payload that was thrown away: unexpected, duplicate, or of a piece that failed its hash. */
  readonly wastedBytes: number;
  readonly pieceCount: number;
  readonly havePieces: number;
  /** Pieces that what was chosen needs, and how many of them are not there. */
  readonly wantedPieces: number;
  readonly missingPieces: number;
  /** Verified pieces; a copy. */
  readonly have: Bitfield;
  /** Pieces whose blocks are coming, or that are being written. */
  readonly openPieces: readonly PieceIndex[];
  readonly hashFailures: number;
  /** Messages of each type since the start, of peers that have gone too. */
  readonly messages: { readonly received: MessageCounts; readonly sent: MessageCounts };
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
  readonly isComplete: boolean;
  readonly isEndgame: boolean;
  /** A download limit of ours, or a reader that does not go on, is why no more is asked for now: silence is not a stall. */
  readonly isThrottled: boolean;
  /** Pieces are revealed one by one (BEP 16). */
  readonly isSuperSeeding: boolean;
  readonly knownAddresses: number;
  readonly bannedAddresses: number;
  /** Named to us, and not taken because they are on the blocklist. */
  readonly blockedAddresses: number;
  readonly halfOpen: number;
  readonly peers: readonly PeerSnapshot[];
  readonly webSeeds: readonly WebSeedSnapshot[];
}

function snapshotPeer(peer: Peer, now: Millis): PeerSnapshot {
  return {
    address: peer.displayAddress,
    client: peer.client,
    incoming: peer.identity.incoming,
    havePieces: peer.have.count,
    amChoking: peer.amChoking,
    amInterested: peer.amInterested,
    isSetAside: peer.isSetAside,
    peerChoking: peer.peerChoking,
    peerInterested: peer.peerInterested,
    isSnubbed: peer.requests.isSnubbed,
    isUploadOnly: peer.uploadOnlySince !== null,
    downloadedBytes: peer.download.totalBytes,
    uploadedBytes: peer.upload.totalBytes,
    downloadBytesPerSecond: peer.download.rate(now),
    uploadBytesPerSecond: peer.upload.rate(now),
    outstandingRequests: peer.requests.length,
    requestDepth: peer.requests.depth,
  };
}

function stateOf(seed: WebSeed, now: Millis): WebSeedSnapshot['state'] {
  if (seed.isBanned) return 'banned';
  if (seed.isDropped) return 'dropped';
  if (seed.isBusy) return 'fetching';
  return seed.retryAt !== null && seed.retryAt > now ? 'waiting' : 'idle';
}

function snapshotLack({ files, fileCount, failure }: WebSeedLack): NonNullable<WebSeedSnapshot['lacking']> {
  return { files: files.size, fileCount, reason: failure.reason, status: failure.status ?? null };
}

function snapshotWebSeed(seed: WebSeed, now: Millis): WebSeedSnapshot {
  return {
    name: seed.name,
    state: stateOf(seed, now),
    reason: seed.lastFailure?.reason ?? null,
    status: seed.lastFailure?.status ?? null,
    retryInMs: seed.retryAt === null ? null : Math.max(0, seed.retryAt - now),
    ...(seed.lack === null ? {} : { lacking: snapshotLack(seed.lack) }),
    connections: seed.links.filter((link) => link.run !== null).length,
    downloadedBytes: seed.download.totalBytes,
    downloadBytesPerSecond: seed.download.rate(now),
  };
}

export function takeSnapshot(state: SessionState, now: Millis): SessionSnapshot {
  const { tracker, geometry, book } = state;
  const { firstAt } = state.download;
  return {
    ...(firstAt === null ? {} : { firstByteAgoMs: Math.max(0, now - firstAt) }),
    totalBytes: tracker.wantedBytes,
    verifiedBytes: tracker.wantedBytes - tracker.missingBytes,
    leftBytes: tracker.missingBytes,
    // Who reads serves nothing of what it holds, be it all.
    announcedLeftBytes: geometry.totalLength - (state.window === null ? tracker.verifiedBytes : 0),
    downloadedBytes: state.download.totalBytes,
    uploadedBytes: state.upload.totalBytes,
    wastedBytes: state.wastedBytes,
    pieceCount: geometry.pieceCount,
    havePieces: tracker.have.count,
    wantedPieces: tracker.wantedCount,
    missingPieces: tracker.missingCount,
    have: tracker.have.clone(),
    openPieces: [...tracker.openPieces(), ...tracker.storingPieces()].map((open) => open.piece),
    hashFailures: state.hashFailures,
    messages: state.messages.counts(),
    downloadBytesPerSecond: state.download.rate(now),
    uploadBytesPerSecond: state.upload.rate(now),
    isComplete: state.isComplete,
    isEndgame: tracker.isEndgame,
    isThrottled: isThrottled(state) || isWindowFull(state),
    isSuperSeeding: state.revealed?.isHiding === true,
    knownAddresses: book.size,
    bannedAddresses: book.bannedCount,
    blockedAddresses: book.blockedCount,
    halfOpen: book.halfOpen,
    peers: [...state.peers.values()].map((peer) => snapshotPeer(peer, now)),
    webSeeds: state.webSeeds.all.map((seed) => snapshotWebSeed(seed, now)),
  };
}
