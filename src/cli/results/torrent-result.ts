// What came of one torrent, as one object: `--json` prints it, a hook gets it on stdin. A stable shape: a field is there in each, and null
// where it is not known.

import path from 'node:path';
import type { ServerSnapshot } from '../../engine/server-snapshot.js';
import type { Metainfo } from '../../metainfo/metainfo.js';
import type { ErrorFacts } from '../events/event.js';
import { doneBytes } from '../events/session-follower.js';
import { infoHashText } from '../render/torrent-text.js';

/** A file of the result. */
export interface ResultFile {
  /** As `--files` counts: from 1, padding left out. */
  readonly index: number;
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly length: number;
}

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
  /** Bytes on disk when it is whole: of `files`. */
  readonly size: number | null;
  /** Those that were chosen, at their places; each is whole where `status` is `complete`. */
  readonly files: readonly ResultFile[] | null;
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
  /** Null while they are not known. */
  readonly files: readonly ResultFile[] | null;
  /** As it is printed; null while it is not known. */
  readonly place: string | null;
  readonly snapshot: ServerSnapshot | null;
  readonly elapsedMs: number;
}

export interface Outcome extends Pick<TorrentResult, 'status' | 'exit' | 'error'> {
  readonly alreadyComplete: boolean | null;
}

export function toTorrentResult(facts: TorrentFacts, outcome: Outcome): TorrentResult {
  const { label, metainfo, magnet, files, place, snapshot, elapsedMs } = facts;
  return {
    v: 1,
    torrent: label,
    status: outcome.status,
    exit: outcome.exit,
    infoHash: metainfo === null ? facts.infoHash : infoHashText(metainfo),
    magnet,
    name: metainfo?.name ?? null,
    path: place === null ? null : path.resolve(place),
    size: files?.reduce((sum, file) => sum + file.length, 0) ?? null,
    files,
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
    files: null,
    place: null,
    snapshot: null,
    elapsedMs: 0,
  };
  return toTorrentResult(nothing, { status: 'failed', exit: error.exit, error, alreadyComplete: null });
}

/** `placed`: the torrent as it lies in the folder. `chosen`: indices of the files that are made; null: all. */
export function resultFiles(
  { files }: Pick<Metainfo, 'files'>,
  folder: string,
  chosen: readonly number[] | null = null,
): ResultFile[] {
  const made = chosen === null ? null : new Set(chosen);
  const results: ResultFile[] = [];
  // Their components are safe as they are: thousands of files make no thousands of resolved paths.
  const root = path.join(path.resolve(folder), path.sep);
  let number = 0;
  for (let index = 0; index < files.length; index++) {
    const file = files[index];
    if (file.isPadding) continue;
    number++;
    if (made?.has(index) === false) continue;
    results.push({ index: number, path: root + file.path.join(path.sep), length: file.length });
  }
  return results;
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
