// What the hash pool and its threads say to each other: plain data that can be cloned.
// Types only, so that the worker's bundle takes nothing of the pool with it.

import type { DigestBatch, HashSource } from './range-hasher.js';

/** Consecutive pieces of one job. */
export interface PieceRange {
  readonly job: number;
  readonly firstPiece: number;
  readonly pieceCount: number;
}

export type HashRequest =
  /** Comes once, before the job's first range. */
  | { readonly type: 'source'; readonly job: number; readonly source: HashSource }
  /** Answered by one HashAnswer. */
  | { readonly type: 'range'; readonly range: PieceRange }
  /** The job is over: its files are closed. */
  | { readonly type: 'forget'; readonly job: number };

export interface HashAnswer {
  readonly range: PieceRange;
  readonly batch: DigestBatch;
}
