// A session's numbers from the configuration, its state before it exists, and the detail of one of its ends.
// Pure, so that the server beside it is left with the order of things.

import type { Metainfo } from '../metainfo/metainfo.js';
import { formatAddress, type Address } from '../model/address.js';
import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import type { SessionLimits } from '../session/limits.js';
import type { SessionSnapshot } from '../session/snapshot.js';
import { CONFIG } from './config.js';

/** `maxConnections`: what the process's descriptors allow. `budgetBytes`: memory for pieces in flight. */
export function sessionLimits(maxConnections: number, budgetBytes: number): SessionLimits {
  const { swarm, requests, choking, net, wire } = CONFIG;
  const maxPeers = Math.min(swarm.maxPeers, maxConnections);
  return {
    ...swarm,
    ...requests,
    maxPeers,
    maxHalfOpen: Math.min(swarm.maxHalfOpen, maxPeers),
    budgetBlocks: Math.floor(budgetBytes / BLOCK_LENGTH),
    uploadSlots: choking.slots,
    optimisticSlots: choking.optimisticSlots,
    chokeRoundMs: choking.roundMs,
    optimisticRoundMs: choking.optimisticRoundMs,
    uploadWindowBytes: net.maxWritableBytes,
    maxUploadBlockBytes: wire.maxBlockBytes,
  };
}

/** While the disk is being looked at. */
export function emptySnapshot(metainfo: Metainfo): SessionSnapshot {
  const { totalLength, pieceCount } = metainfo.geometry;
  return {
    totalBytes: totalLength,
    verifiedBytes: 0,
    leftBytes: totalLength,
    downloadedBytes: 0,
    uploadedBytes: 0,
    wastedBytes: 0,
    pieceCount,
    havePieces: 0,
    hashFailures: 0,
    downloadBytesPerSecond: 0,
    uploadBytesPerSecond: 0,
    isComplete: false,
    isEndgame: false,
    isSuperSeeding: false,
    knownAddresses: 0,
    bannedAddresses: 0,
    halfOpen: 0,
    peers: [],
  };
}

/** The files that a piece touches, as paths below the output folder. */
function filesOfPiece(metainfo: Metainfo, piece: PieceIndex): string[] {
  const { geometry, files } = metainfo;
  const start = geometry.pieceOffset(piece);
  const end = start + geometry.pieceLength(piece);
  return files
    .filter((file) => !file.isPadding && file.length > 0 && file.offset < end && file.offset + file.length > start)
    .map((file) => file.path.join('/'));
}

export function exhaustedDetail(
  metainfo: Metainfo,
  piece: PieceIndex,
  banned: readonly Address[],
): { piece: number; files: string[]; banned: string[] } {
  return { piece, files: filesOfPiece(metainfo, piece), banned: banned.map((address) => formatAddress(address)) };
}
