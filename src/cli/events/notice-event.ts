// From what a session tells to what `--events` tells: pure, one notice in, one event out or none. What strangers wrote stays as it is
// (JSON escapes it), and addresses of trackers and web seeds were redacted where the notice was made.

import { CONFIG } from '../../engine/config.js';
import type { ServerNotice } from '../../engine/server-snapshot.js';
import { describeWebSeedFailure } from '../../engine/web-seed-words.js';
import type { MetainfoFile } from '../../metainfo/metainfo.js';
import { formatAddress } from '../../model/address.js';
import type { TorrentEvent, WarningEvent } from './event.js';

/**
 * `files`: of the torrent, as they lie in the folder; empty while its metadata is not known. `named`: as the torrent has them, and so the
 * servers. Null: nothing that belongs in the events.
 */
export function noticeToEvent(
  notice: ServerNotice,
  files: readonly MetainfoFile[],
  named: readonly MetainfoFile[] = files,
): TorrentEvent | WarningEvent | null {
  switch (notice.type) {
    case 'tracker-answered': {
      const { url, peers, seeds, leechers, latencyMs, intervalMs } = notice;
      const event = { event: 'tracker', state: 'answered', url, peers, seeds, leechers } as const;
      return { ...event, latencyMs: Math.round(latencyMs), intervalMs };
    }
    case 'tracker-failed': {
      const { url, code, message, retryInMs } = notice;
      return {
        event: 'tracker',
        state: 'failed',
        url,
        code,
        message,
        retryInMs: retryInMs === null ? null : Math.round(retryInMs),
      };
    }
    case 'tracker-warning':
      return warning('tracker_warning', `${notice.url}: ${notice.message}`);
    case 'dht-searched': {
      const { nodes, peers, announced, elapsedMs } = notice;
      return { event: 'dht', nodes, peers, announced, elapsedMs: Math.round(elapsedMs) };
    }
    case 'dht-failed':
      return warning('dht_failed', notice.message);
    case 'peer-opened': {
      const { address, incoming, client } = notice;
      return { event: 'peer', state: 'connected', address: formatAddress(address), incoming, client };
    }
    case 'peer-closed': {
      const { address, reason, payloadBytes } = notice;
      return { event: 'peer', state: 'ended', address: formatAddress(address), reason, bytes: payloadBytes };
    }
    case 'dial-failed':
      return { event: 'peer', state: 'failed', address: formatAddress(notice.address), reason: notice.reason };
    case 'bad-message':
      return warning('bad_message', `${formatAddress(notice.address)}: ${notice.bytes}`);
    case 'peer-banned':
      return { event: 'peer', state: 'banned', address: formatAddress(notice.address), piece: notice.piece };
    case 'piece-stored':
      return { event: 'piece', piece: notice.piece, have: notice.have, pieces: notice.pieceCount };
    case 'file-finished': {
      const file = files.at(notice.file);
      const index = numbersOf(files).at(notice.file) ?? 0;
      return file === undefined ? null : { event: 'file', index, path: file.path.join('/'), size: file.length };
    }
    case 'hash-failed': {
      const { maxNamedSources } = CONFIG.events;
      const peers = notice.sources.slice(0, maxNamedSources).map((address) => formatAddress(address));
      return { event: 'hashfail', piece: notice.piece, peers, webSeeds: notice.webSeeds.slice(0, maxNamedSources) };
    }
    case 'web-seed-banned':
      return warning('web_seed_banned', `${notice.name}: bad data for piece ${notice.piece}`);
    case 'web-seed-lacks': {
      const path = named.at(notice.file)?.path.join('/') ?? `file ${notice.file + 1}`;
      const why = describeWebSeedFailure(notice.reason, notice.status ?? null);
      return warning('web_seed_lacks', `${notice.name}: has not got ${path}: ${why}`);
    }
    case 'web-seed-dropped':
      return warning('web_seed_dropped', `${notice.name}: ${describeWebSeedFailure(notice.reason, notice.status ?? null)}`);
    case 'super-seeding-ended':
      return warning('super_seeding_ended', notice.reason);
    case 'checked': {
      const { havePieces, pieceCount, resumed } = notice;
      return havePieces === 0 ? null : { event: 'resume', havePieces, pieces: pieceCount, trusted: resumed };
    }
    // The first is in `error`, the others in `complete` and `done`; what sources name shows in who is dialled.
    case 'storage-failed':
    case 'sources-exhausted':
    case 'completed':
    case 'stopped':
    case 'addresses-found':
    case 'idle':
      return null;
    default:
      return notice satisfies never;
  }
}

function warning(code: string, message: string): WarningEvent {
  return { event: 'warning', code, message };
}

const numbers = new WeakMap<readonly MetainfoFile[], Uint32Array>();

/** As `--files` counts them: from 1, padding left out. Made once for a torrent. */
function numbersOf(files: readonly MetainfoFile[]): Uint32Array {
  let known = numbers.get(files);
  if (known === undefined) {
    let number = 0;
    known = Uint32Array.from(files, (file) => (file.isPadding ? 0 : ++number));
    numbers.set(files, known);
  }
  return known;
}
