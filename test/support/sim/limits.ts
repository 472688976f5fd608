// The limits a simulated session works with: those of the product, so that what holds here holds there.

import type { SessionLimits } from '../../../src/session/limits.js';

const MIB = 1024 * 1024;

export const SIM_LIMITS: SessionLimits = {
  maxPeers: 55,
  maxHalfOpen: 20,
  maxAddresses: 2000,
  backoffMs: 5000,
  maxBackoffMs: 30 * 60_000,
  keepAliveMs: 100_000,
  inactiveMs: 150_000,
  uselessMs: 30_000,
  crossingMs: 10_000,
  initialDepth: 16,
  maxDepth: 500,
  cacheDepth: 112,
  budgetBlocks: 2048,
  minShare: 4,
  defaultReqq: 250,
  ownReqq: 500,
  horizonMs: 1000,
  snubMs: 20_000,
  endgameAgeMs: 100,
  reassignAgeMs: 2000,
  refusalMs: 10_000,
  uploadSlots: 4,
  optimisticSlots: 1,
  chokeRoundMs: 10_000,
  optimisticRoundMs: 30_000,
  uploadWindowBytes: MIB,
  maxUploadBlockBytes: 128 * 1024,
  probationPieces: 1,
  maxUnexpectedBytes: 4 * MIB,
  exhaustedGraceMs: 5000,
  morePeersMs: 30_000,
  allowedFastPieces: 10,
  metadataRounds: 3,
};
