// What trackers did and how they stand, as plain data for logs, bars and "why does nothing happen".
// Addresses of trackers are redacted here (passkeys, passwords); texts from outside are printable and bounded.

import type { AnnounceEvent } from './protocol/announce-request.js';
import type { TrackerErrorCode } from './protocol/tracker-error.js';

export type TrackerNotice =
  | {
      readonly type: 'tracker-answered';
      readonly url: string;
      /** Addresses in the answer, before duplicates of earlier answers are known. */
      readonly peers: number;
      readonly seeds: number | null;
      readonly leechers: number | null;
      readonly intervalMs: number;
      readonly latencyMs: number;
      /** Null for the regular re-announce. */
      readonly event: AnnounceEvent | null;
    }
  | {
      readonly type: 'tracker-failed';
      readonly url: string;
      readonly code: TrackerErrorCode;
      /** At most 200 characters. */
      readonly message: string;
      /** Null where it is not asked again (stopping, or a kind of tracker that is not spoken). */
      readonly retryInMs: number | null;
    }
  | { readonly type: 'tracker-warning'; readonly url: string; readonly message: string };

export type TrackerState = 'idle' | 'announcing' | 'working' | 'failed' | 'unsupported';

export interface TrackerSnapshot {
  readonly url: string;
  /** 0 is asked first (BEP 12). */
  readonly tier: number;
  readonly state: TrackerState;
  readonly lastError: string | null;
  readonly seeds: number | null;
  readonly leechers: number | null;
  /** Addresses in the last answer that was asked for some. */
  readonly peers: number | null;
  /** Addresses of that answer that were left out, since the tracker may not name them (`src/model/address-scope.ts`). */
  readonly outOfScope: number;
  /** From the last answered announce to its answer. */
  readonly latencyMs: number | null;
  readonly lastAnnounceAgoMs: number | null;
  /** Null while it is being asked and where nothing is planned. */
  readonly nextAnnounceInMs: number | null;
}
