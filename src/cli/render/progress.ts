// What the ways of showing progress have in common: the state that is shown, and the two things a view must do besides
// showing it: let a line of text pass, and leave the terminal as it was.

import type { Bitfield } from '../../model/bitfield.js';
import type { PieceIndex } from '../../model/ids.js';

export type ProgressPhase =
  | 'metadata'
  | 'looking'
  | 'listing'
  | 'checking'
  | 'allocating'
  | 'announcing'
  | 'downloading'
  | 'seeding';

export interface Progress {
  /** Sanitised. */
  readonly name: string;
  readonly phase: ProgressPhase;
  readonly totalBytes: number;
  /** Verified and on disk. */
  readonly doneBytes: number;
  /** How far the check of existing data is while `phase` is checking, or that of taking space while it is allocating. */
  readonly checkedBytes: number;
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
  readonly uploadedBytes: number;
  /** While it serves: what was sent by the size of the torrent. */
  readonly ratio?: number;
  /** Null: not to be said. */
  readonly timeLeftMs: number | null;
  readonly peers: number;
  /** Where others reach us through a gateway, as text; left out where that is not known. */
  readonly reachableAt?: string;
  /** What was found so far, while `phase` is looking or listing. */
  readonly found?: string;
  /** Web seeds that are being asked; default 0. */
  readonly webSeeds?: number;
  /** The person in front of it has paused all transfer. */
  readonly isPaused?: boolean;
  /** Where more was asked for: what stands below the line. */
  readonly detail?: ProgressDetail;
}

export interface ProgressDetail {
  readonly pieces: { readonly have: Bitfield; readonly open: readonly PieceIndex[] };
  /** Those that move most, first. */
  readonly peers: readonly PeerLine[];
}

export interface PeerLine {
  /** Address and port, as text. */
  readonly address: string;
  /** Sanitised; empty where it did not say. */
  readonly client: string;
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
  /** 0 … 1: how much of the torrent it has. */
  readonly share: number;
}

/** For phases that move no data. */
export const NO_DATA = {
  totalBytes: 0,
  doneBytes: 0,
  checkedBytes: 0,
  downloadBytesPerSecond: 0,
  uploadBytesPerSecond: 0,
  uploadedBytes: 0,
  timeLeftMs: null,
  peers: 0,
} as const;

export interface ProgressView {
  /** Cheap; called up to ten times a second. */
  update(progress: Progress): void;
  /** Writes a line that stays, above whatever is being drawn. */
  log(line: string): void;
  /** Synchronous, idempotent: the terminal is as it was before. */
  close(): void;
}
