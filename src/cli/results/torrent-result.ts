// What came of one torrent, as one object: `--json` prints it, a hook gets it on stdin. A stable shape: a field is there in each, and null
// where it is not known.

import path from 'node:path';
import type { ServerSnapshot } from '../../engine/server-snapshot.js';
import type { Metainfo, MetainfoFile } from '../../metainfo/metainfo.js';
import type { ErrorFacts } from '../events/event.js';
import { doneBytes } from '../events/session-follower.js';
import { infoHashText } from '../render/torrent-text.js';

export interface TorrentResult {
  readonly v: 1;
  /** As it was named on the command line, without secrets; null where none was named. */
  readonly torrent: string | null;
  /** `stopped`: by a signal, in order; run again, it goes on. */
  readonly status: 'complete' | 'failed' | 'stopped';
  /** The exit code that belongs to it. */
  readonly exit: number;
  readonly infoHash: string | null;
  /** Of a torrent that `seed` made of a file or folder; else null. */
  readonly magnet: string | null;
  readonly name: string | null;
  /** Of the file or folder, absolute. */
  readonly path: string | null;
  /** Bytes on disk when it is whole: of the files that were chosen, which are counted in `files`. */
  readonly size: number | null;
  readonly files: number | null;
  /** Everything was there before. */
  readonly alreadyComplete: boolean | null;
  /** Verified and on disk. */
  readonly doneBytes: number | null;
  /** Payload that came over the network, waste included. */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly wastedBytes: number;
  readonly hashFailures: number;
  readonly elapsedMs: number;
  readonly error: ErrorFacts | null;
}

export interface TorrentFacts {
  readonly label: string | null;
  readonly infoHash: string | null;
  readonly metainfo: Metainfo | null;
  readonly magnet: string | null;
  /** Indices of the files that are wanted; null: all of them. */
  readonly chosen: readonly number[] | null;
  /** As it is printed; null while it is not known. */
  readonly place: string | null;
  readonly snapshot: ServerSnapshot | null;
  readonly elapsedMs: number;
}

export interface Outcome extends Pick<TorrentResult, 'status' | 'exit' | 'error'> {
  readonly alreadyComplete: boolean | null;
}

export function toTorrentResult(facts: TorrentFacts, outcome: Outcome): TorrentResult {
  const { label, metainfo, magnet, chosen, place, snapshot, elapsedMs } = facts;
  const wanted = metainfo === null ? null : wantedFiles(metainfo, chosen);
  return {
    v: 1,
    torrent: label,
    status: outcome.status,
    exit: outcome.exit,
    infoHash: metainfo === null ? facts.infoHash : infoHashText(metainfo),
    magnet,
    name: metainfo?.name ?? null,
    path: place === null ? null : path.resolve(place),
    size: wanted?.reduce((sum, file) => sum + file.length, 0) ?? null,
    files: wanted?.length ?? null,
    alreadyComplete: outcome.alreadyComplete,
    doneBytes: snapshot === null ? null : doneBytes(snapshot),
    downloadedBytes: snapshot?.downloadedBytes ?? 0,
    uploadedBytes: snapshot?.uploadedBytes ?? 0,
    wastedBytes: snapshot?.wastedBytes ?? 0,
    hashFailures: snapshot?.hashFailures ?? 0,
    elapsedMs: Math.round(elapsedMs),
    error: outcome.error,
  };
}

/** Of a run that failed before a torrent had its turn, also of one whose options were refused: what `--json` prints then. */
export function failedRunResult(error: ErrorFacts): TorrentResult {
  const nothing = {
    label: null,
    infoHash: null,
    metainfo: null,
    magnet: null,
    chosen: null,
    place: null,
    snapshot: null,
    elapsedMs: 0,
  };
  return toTorrentResult(nothing, { status: 'failed', exit: error.exit, error, alreadyComplete: null });
}

/** Those that will be on disk. */
function wantedFiles({ files }: Metainfo, chosen: readonly number[] | null): MetainfoFile[] {
  const wanted = chosen === null ? null : new Set(chosen);
  return files.filter((file, index) => !file.isPadding && wanted?.has(index) !== false);
}

/** What a hook finds in its environment. */
export function hookEnvironment(result: TorrentResult): Record<string, string> {
  return {
    EFFUSION_EVENT: result.error === null ? 'complete' : 'error',
    EFFUSION_STATUS: result.status,
    EFFUSION_INFO_HASH: result.infoHash ?? '',
    EFFUSION_NAME: result.name ?? '',
    EFFUSION_PATH: result.path ?? '',
    EFFUSION_SIZE: String(result.size ?? ''),
    EFFUSION_EXIT: String(result.exit),
    EFFUSION_ERROR: result.error?.code ?? '',
  };
}
