// A web server that has the torrent's files (BEP 19), as the session sees it. It is one source with several links: a link has one
// request under way at a time and so one body, which is why blocks name the link. Data only: web-seed-runs.ts decides.

import type { Bitfield } from '../model/bitfield.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import { RateMeter } from './rate-meter.js';

/** Why a request came to nothing, or a web seed is not used any more. */
export type WebSeedReason =
  // what the server said: `status` goes with these
  | 'refused'
  | 'busy'
  // the network's
  | 'unreachable'
  | 'name-not-found'
  | 'certificate'
  | 'closed'
  | 'stalled'
  | 'out-of-descriptors'
  // answers that can't be used
  | 'bad-range'
  | 'bad-length'
  | 'packed'
  | 'not-http'
  | 'bad-redirect'
  | 'too-many-redirects'
  /** It names an address that its namer may not name: see address-scope.ts. */
  | 'forbidden-address'
  | 'unusable-url'
  /** Of a file: no URL can say it. */
  | 'unusable-name'
  /** It knows no ranges, and has sent its files once. */
  | 'no-ranges'
  | 'bad-data';

export interface WebSeedFailure {
  readonly reason: WebSeedReason;
  /** Of the HTTP answer. */
  readonly status?: number;
  /** Trying again is no use. */
  readonly isFinal: boolean;
  /** The server asked for so much patience. */
  readonly retryAfterMs?: number;
}

/** What a web seed turned out not to have of a torrent of several files, or not at the length it should have. */
export interface WebSeedLack {
  /** Indices into the torrent's files. */
  readonly files: Set<number>;
  /** Of the torrent, padding left out. */
  readonly fileCount: number;
  /** Those that touch one of the files: none of them is asked of it. */
  readonly pieces: Bitfield;
  /** Why, of the last file. */
  failure: WebSeedFailure;
  /** A piece that is missing and that it may have; where the next search for one begins. */
  usefulAt: number;
}

/** What became of a run. */
export type WebSeedEnd =
  /** Every byte of it came, or what is left of it is not wanted any more. */
  | { readonly type: 'done' }
  /** The server answered a request for a range with the whole file: nothing was taken of it. */
  | { readonly type: 'no-ranges' }
  | ({ readonly type: 'failed' } & WebSeedFailure);

/**
 * The bytes a link is fetching, one after the other: from `begin` in the piece `first` up to the piece `end`, which may come
 * nearer while it runs. Its pieces are claimed one and all, and opened as the bytes of each arrive.
 */
export interface WebSeedRun {
  readonly first: PieceIndex;
  readonly begin: number;
  end: number;
  /** A server without ranges: whole files are read, what is not wanted of them is skipped. */
  readonly isWholeFiles: boolean;
  readonly startedAt: Millis;
  /** The last block, or whatever else showed that it lives. */
  progressAt: Millis;
  /** Until then a download limit of ours keeps it from reading: its silence is none. */
  pausedUntil: Millis;
  /** The open piece whose bytes are coming. */
  current: PieceIndex | null;
  /** Its bytes are next, and there is no memory for it yet. */
  waitingFor: PieceIndex | null;
  receivedBytes: number;
}

/** From when on silence counts. */
export function lastSign({ progressAt, pausedUntil }: WebSeedRun): Millis {
  return Math.max(progressAt, pausedUntil);
}

export interface WebSeedLink {
  readonly key: PeerKey;
  readonly seed: WebSeed;
  run: WebSeedRun | null;
}

export class WebSeed {
  /** Its URL, without secrets: for people. */
  readonly name: string;
  readonly links: readonly WebSeedLink[];
  readonly download = new RateMeter();
  /** Of the next run, bytes. */
  runBytes: number;
  hasRanges = true;
  /** It has been asked for whole files: once is all. */
  hasStreamed = false;
  /** It answers ranges: several links get on. */
  isProven = false;
  /** In a row. */
  failures = 0;
  lastFailure: WebSeedFailure | null = null;
  /** Not asked before; null: at once. */
  retryAt: Millis | null = null;
  /** Null: no file that it was asked for. */
  lack: WebSeedLack | null = null;
  /** Not asked any more. */
  isDropped = false;
  isBanned = false;

  constructor(name: string, keys: readonly PeerKey[], runBytes: number) {
    this.name = name;
    this.links = keys.map((key) => ({ key, seed: this, run: null }));
    this.runBytes = runBytes;
  }

  /** It is not to be asked for this piece. */
  lacks(piece: PieceIndex): boolean {
    return this.lack?.pieces.has(piece) === true;
  }

  get isBusy(): boolean {
    return this.links.some((link) => link.run !== null);
  }
}
