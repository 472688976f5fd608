// What goes into the tiers machine and what comes out of it, as data; and the numbers it obeys, which the
// engine's configuration holds.

import type { AnnounceEvent } from './announce-request.js';
import type { AnnounceResponse } from './announce-response.js';
import type { TrackerErrorCode } from './tracker-error.js';
import type { TrackerNotice } from '../tracker-notices.js';

export interface TrackerLimits {
  /** Without an answer for this long the next tier is asked as well. */
  readonly nextTierMs: number;
  readonly requestTimeoutMs: number;
  /** All good-byes together. */
  readonly stoppedTimeoutMs: number;
  /** Bytes of one answer, compressed or not. */
  readonly maxResponseBytes: number;
  /** Addresses asked for; answers may bring more, see `MAX_PEERS_PER_ANSWER`. */
  readonly numwant: number;
  readonly defaultIntervalMs: number;
  /** No tracker is asked more often, whatever it says; events excepted. */
  readonly minIntervalMs: number;
  readonly maxRedirects: number;
  /** Wait after the first failure; doubles with each further one. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export interface AnnounceFailure {
  readonly code: TrackerErrorCode;
  readonly message: string;
  /** What the tracker itself asked for (BEP 31); Infinity is never. */
  readonly retryInMs?: number;
}

export type TrackerEvent =
  /** `port` is ours: an address at that port is probably our own. */
  | { readonly type: 'start'; readonly isComplete: boolean; readonly isPartialSeed?: boolean; readonly port: number }
  /** The request reached the tracker: from now on it may know of us. */
  | { readonly type: 'sent'; readonly request: number }
  | { readonly type: 'answered'; readonly request: number; readonly response: AnnounceResponse }
  | { readonly type: 'failed'; readonly request: number; readonly failure: AnnounceFailure }
  | { readonly type: 'completed' }
  /** We have all that we want, which is not all there is (BEP 21). */
  | { readonly type: 'partial-seed' }
  | { readonly type: 'more-peers' }
  | { readonly type: 'stop' }
  /** `nextTimeout()` has come. */
  | { readonly type: 'timeout' };

export type TrackerAction =
  /** Answered by `answered` or `failed` with this number, unless `cancel` comes first. */
  | {
      readonly type: 'announce';
      readonly request: number;
      readonly url: string;
      readonly event: AnnounceEvent | null;
      readonly trackerId: Uint8Array | null;
      readonly numwant: number;
      readonly timeoutMs: number;
    }
  | { readonly type: 'cancel'; readonly request: number }
  /** An answer to hand on: its addresses, and its names to resolve. */
  | { readonly type: 'peers'; readonly response: AnnounceResponse }
  /** `url` and `message` are still as they came: the shell redacts them. */
  | { readonly type: 'notice'; readonly notice: TrackerNotice }
  /** Every good-bye is said or given up; nothing is open any more. */
  | { readonly type: 'stopped' };
