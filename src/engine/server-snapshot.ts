// A torrent's state now, for bars and `--json`: the session's snapshot with what only the engine knows.
// Made anew each time it is asked for, so that nobody can hold on to the inside of a session.

import type { DhtSnapshot } from '../discovery/dht/dht-notices.js';
import type { DiscoveryNotice } from '../discovery/peer-source.js';
import type { TrackerSnapshot } from '../discovery/tracker/tracker-notices.js';
import type { Notice } from '../session/notices.js';
import type { SessionSnapshot } from '../session/snapshot.js';
import type { SourceCounts } from './source-tally.js';
import type { NoticeRank } from './notice-reader.js';

/** `allocating`: of files that are to have their space beforehand. `announcing`: no peer yet. */
export type Phase = 'checking' | 'allocating' | 'announcing' | 'downloading' | 'seeding' | 'finished' | 'stopped';

export interface ServerSnapshot extends SessionSnapshot {
  readonly name: string;
  readonly phase: Phase;
  /** Bytes read and hashed of `bytesToCheck` while checking, or taken up while allocating. */
  readonly checkedBytes: number;
  readonly bytesToCheck: number;
  readonly trackers: readonly TrackerSnapshot[];
  readonly sources: SourceCounts;
  /** Found by its trackers alone (BEP 27). */
  readonly isPrivate: boolean;
  /** Null where it is not used. */
  readonly dht: DhtSnapshot | null;
  /** Our numeric addresses as trackers and peers see them, one of IPv4 and one of IPv6 at most; they may all be wrong. */
  readonly externalAddresses: readonly string[];
  readonly elapsedMs: number;
  /** How dials and handshakes failed so far: reason → how often. */
  readonly dialFailures: Readonly<Record<string, number>>;
  /** Peers that completed a handshake so far. */
  readonly peersMet: number;
}

/** Peers and web seeds that answered so far. */
export function sourcesMet({ peersMet, webSeeds }: Pick<ServerSnapshot, 'peersMet' | 'webSeeds'>): number {
  return peersMet + webSeeds.filter((seed) => seed.downloadedBytes > 0).length;
}

/** The existing data was looked at. */
export interface CheckedNotice {
  readonly type: 'checked';
  readonly havePieces: number;
  readonly pieceCount: number;
  /** Some pieces were believed and not read. */
  readonly resumed: boolean;
}

/** No message came for `idleTimeoutMs`. */
export interface IdleNotice {
  readonly type: 'idle';
}

export type ServerNotice = Notice | DiscoveryNotice | CheckedNotice | IdleNotice;

/** What a full queue may lose, and what it must not. */
export function noticeRank(notice: ServerNotice): NoticeRank {
  switch (notice.type) {
    case 'piece-stored':
    case 'file-finished':
    case 'peer-opened':
    case 'peer-closed':
    case 'dial-failed':
    case 'addresses-found':
    case 'tracker-answered':
    case 'dht-searched':
    case 'idle':
      return 'progress';
    case 'completed':
    case 'stopped':
    case 'storage-failed':
    case 'sources-exhausted':
      return 'end';
    default:
      return 'event';
  }
}
