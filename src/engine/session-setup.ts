// A session's numbers from the configuration, its state before it exists, and the detail of one of its ends.
// Pure, so that the server beside it is left with the order of things.

import type { Metainfo } from '../metainfo/metainfo.js';
import { piecesOfFiles } from '../metainfo/pieces-of-files.js';
import { formatAddress, type Address } from '../model/address.js';
import { Bitfield } from '../model/bitfield.js';
import { BLOCK_LENGTH } from '../model/geometry.js';
import type { PieceIndex } from '../model/ids.js';
import type { SessionLimits } from '../session/limits.js';
import { MessageTally } from '../session/message-counts.js';
import type { SessionSnapshot } from '../session/snapshot.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { chosenFiles } from './file-selection.js';
import type { SessionOptions } from './session-options.js';
import { SourceTally } from './source-tally.js';
import { IncompleteDataError, SessionCrashedError } from './session-error.js';

export interface ChosenLimits {
  /** 0: as many as there can be. */
  readonly maxPeers?: number | undefined;
  readonly maxUploads?: number | undefined;
}

/** `maxConnections`: what the process's descriptors allow. `budgetBytes`: memory for pieces in flight. */
export function sessionLimits(maxConnections: number, budgetBytes: number, chosen: ChosenLimits = {}): SessionLimits {
  const { swarm, requests, webSeeds, choking, net, wire } = CONFIG;
  const maxPeers = Math.min(noneToAll(chosen.maxPeers ?? swarm.maxPeers), maxConnections);
  const uploads = Math.min(noneToAll(chosen.maxUploads ?? choking.slots + choking.optimisticSlots), maxPeers);
  // One slot alone goes to whoever deserves it: a choice by chance would take it away from everybody else.
  const optimisticSlots = uploads > 1 ? choking.optimisticSlots : 0;
  return {
    ...swarm,
    ...requests,
    ...webSeeds,
    maxPeers,
    urgentAgeMs: CONFIG.reading.urgentAgeMs,
    setAsideMs: CONFIG.reading.setAsideMs,
    maxWebSeedLinks: Math.max(1, Math.min(webSeeds.maxLinks, Math.floor(maxConnections / 2))),
    maxHalfOpen: Math.min(swarm.maxHalfOpen, maxPeers),
    budgetBlocks: Math.floor(budgetBytes / BLOCK_LENGTH),
    uploadSlots: uploads - optimisticSlots,
    optimisticSlots,
    chokeRoundMs: choking.roundMs,
    optimisticRoundMs: choking.optimisticRoundMs,
    uploadWindowBytes: net.maxWritableBytes,
    maxUploadBlockBytes: wire.maxBlockBytes,
  };
}

function noneToAll(limit: number): number {
  return limit === 0 ? Infinity : limit;
}

/** While the disk is being looked at. */
export function emptySnapshot(metainfo: Metainfo, { files }: Pick<SessionOptions, 'files'> = {}): SessionSnapshot {
  const { totalLength, pieceCount } = metainfo.geometry;
  const chosen = chosenFiles(metainfo, files);
  const totalBytes = chosen === null ? totalLength : [...chosen].reduce((sum, file) => sum + metainfo.files[file].length, 0);
  const wantedPieces = chosen === null ? pieceCount : piecesOfFiles(metainfo.files, metainfo.geometry, chosen).count;
  return {
    totalBytes,
    verifiedBytes: 0,
    leftBytes: totalBytes,
    announcedLeftBytes: totalLength,
    downloadedBytes: 0,
    uploadedBytes: 0,
    wastedBytes: 0,
    pieceCount,
    havePieces: 0,
    wantedPieces,
    missingPieces: wantedPieces,
    hashFailures: 0,
    messages: new MessageTally().counts(),
    downloadBytesPerSecond: 0,
    uploadBytesPerSecond: 0,
    isComplete: false,
    isEndgame: false,
    have: new Bitfield(metainfo.geometry.pieceCount),
    openPieces: [],
    isThrottled: false,
    isSuperSeeding: false,
    knownAddresses: 0,
    bannedAddresses: 0,
    blockedAddresses: 0,
    halfOpen: 0,
    peers: [],
    webSeeds: [],
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
  bannedWebSeeds: readonly string[],
): { piece: number; files: string[]; banned: string[] } {
  return {
    piece,
    files: filesOfPiece(metainfo, piece),
    banned: [...banned.map((address) => formatAddress(address)), ...bannedWebSeeds],
  };
}

export function crashedError(infoHash: string, cause: unknown): SessionCrashedError {
  return new SessionCrashedError(`the session of ${infoHash} crashed: this is a bug of effusion`, { infoHash }, { cause });
}

export function incompleteData(have: Bitfield): IncompleteDataError {
  const detail = { havePieces: have.count, pieceCount: have.length };
  const missing = have.length - have.count;
  return new IncompleteDataError(`the data is not whole: ${missing} of ${have.length} pieces are missing or wrong`, detail);
}

/** Counts what comes by the ways that this torrent is found by. */
export function tallyFor({ isPrivate }: Metainfo, client: Client, { usePex, useLsd }: SessionOptions): SourceTally {
  return new SourceTally({
    pex: usePex !== false && !isPrivate,
    lsd: useLsd !== false && !isPrivate && client.localDiscovery !== null,
    listener: client.port !== null,
  });
}
