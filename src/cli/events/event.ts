// What `--events` tells, as types: one object a line, `v` and `t` in front. Scripts read this, so a name never changes its meaning within
// a version; fields and events may be added. events.schema.json says the same for machines, and a test holds real runs against it.

/** Of the shape of the lines. */
export const EVENT_VERSION = 1;

/** Whose event it is: `id` is the torrent's number in the run, from 1; `infoHash` (hexadecimal) as soon as it is known. */
export interface TorrentRef {
  readonly id: number;
  readonly infoHash?: string;
}

/** An error as scripts get it: a stable code, the exit code that belongs to it, what and why, and what to do (may be empty). */
export interface ErrorFacts {
  readonly code: string;
  readonly exit: number;
  readonly message: string;
  readonly hint: string;
}

/** Bytes, milliseconds and bytes per second are numbers; URLs come without their secrets. */
export type TorrentEvent =
  | {
      readonly event: 'torrent';
      readonly name: string;
      readonly size: number;
      readonly pieceLength: number;
      readonly pieces: number;
      readonly files: number;
      readonly private: boolean;
      /** Absolute; empty where it is read and written nowhere. */
      readonly path: string;
      /** Of a torrent that was made just now, by `seed` of a file or folder. */
      readonly magnet?: string;
    }
  | { readonly event: 'metadata'; readonly state: 'fetching' | 'fetched' }
  | { readonly event: 'verify'; readonly state: 'running' | 'done'; readonly checkedBytes: number; readonly bytesToCheck: number }
  /** `trusted`: some pieces were believed and not read. */
  | { readonly event: 'resume'; readonly havePieces: number; readonly pieces: number; readonly trusted: boolean }
  | {
      readonly event: 'tracker';
      readonly state: 'answered';
      readonly url: string;
      readonly peers: number;
      readonly seeds: number | null;
      readonly leechers: number | null;
      readonly latencyMs: number;
      readonly intervalMs: number;
    }
  | {
      readonly event: 'tracker';
      readonly state: 'failed';
      readonly url: string;
      readonly code: string;
      readonly message: string;
      /** Null where it is not asked again. */
      readonly retryInMs: number | null;
    }
  | {
      readonly event: 'dht';
      readonly nodes: number;
      readonly peers: number;
      readonly announced: number;
      readonly elapsedMs: number;
    }
  | {
      readonly event: 'peer';
      readonly state: 'connected';
      readonly address: string;
      readonly incoming: boolean;
      readonly client: string;
    }
  | {
      readonly event: 'peer';
      readonly state: 'ended';
      readonly address: string;
      readonly reason: string;
      /** Payload that it sent us. */
      readonly bytes: number;
    }
  | { readonly event: 'peer'; readonly state: 'failed'; readonly address: string; readonly reason: string }
  | { readonly event: 'peer'; readonly state: 'banned'; readonly address: string; readonly piece: number }
  | { readonly event: 'piece'; readonly piece: number; readonly have: number; readonly pieces: number }
  /** Whole, and under its own name. `path`: below the output folder. */
  | { readonly event: 'file'; readonly index: number; readonly path: string; readonly size: number }
  /** Of `stream`: players find it there. */
  | { readonly event: 'serving'; readonly url: string }
  | ({ readonly event: 'progress' } & ProgressFacts)
  | { readonly event: 'stall'; readonly silentMs: number; readonly reasons: readonly string[] }
  | {
      readonly event: 'hashfail';
      readonly piece: number;
      /** Whose bytes were in it; at most 100. */
      readonly peers: readonly string[];
      readonly webSeeds: readonly string[];
    }
  | {
      readonly event: 'complete';
      readonly name: string;
      readonly path: string;
      readonly size: number;
      /** Those that were chosen; `index` from 1, `path` absolute, `length` in bytes. */
      readonly files: readonly { readonly index: number; readonly path: string; readonly length: number }[];
      readonly alreadyComplete: boolean;
      readonly downloadedBytes: number;
      readonly uploadedBytes: number;
      readonly elapsedMs: number;
    };

export interface ProgressFacts {
  readonly phase: 'checking' | 'allocating' | 'announcing' | 'downloading' | 'seeding' | 'finished' | 'stopped';
  /** Verified and on disk; of what is read, handed out. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Payload of this run, waste included. */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly wastedBytes: number;
  readonly downloadBytesPerSecond: number;
  readonly uploadBytesPerSecond: number;
  readonly peers: number;
  readonly webSeeds: number;
  /** Null where it is not known. */
  readonly timeLeftMs: number | null;
}

/** Of a torrent where `id` stands, else of the run. */
export type WarningEvent = { readonly event: 'warning'; readonly code: string; readonly message: string };
export type ErrorEvent = { readonly event: 'error' } & ErrorFacts;

export type RunEvent =
  | { readonly event: 'start'; readonly version: string; readonly pid: number }
  | {
      readonly event: 'done';
      readonly exit: number;
      /** Of the table of exit codes. */
      readonly name: string;
      /** What ended the run before its time: a signal, or `EPIPE` where nobody reads any more. */
      readonly cause: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'EPIPE' | null;
      readonly elapsedMs: number;
    };

export type EventBody = RunEvent | ((TorrentEvent | WarningEvent | ErrorEvent) & Partial<TorrentRef>);

/** What a full queue may lose, and what it must not. */
export type EventRank = 'progress' | 'event' | 'end';

export function eventRank({ event }: EventBody): EventRank {
  switch (event) {
    case 'progress':
    case 'piece':
    case 'peer':
    case 'verify':
    case 'dht':
    case 'file':
      return 'progress';
    case 'start':
    case 'torrent':
    case 'complete':
    case 'serving':
    case 'error':
    case 'done':
      return 'end';
    default:
      return 'event';
  }
}
