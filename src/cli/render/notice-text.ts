// The few facts of a session that deserve a line of their own while it runs; the rest is in the bar or in nobody's
// interest. Texts from outside are made safe here.

import type { ServerNotice } from '../../engine/server-snapshot.js';
import { formatAddress } from '../../model/address.js';
import { describeWebSeedFailure, describeWebSeedLack } from '../../engine/web-seed-words.js';
import { sanitise } from './sanitise.js';

const SUPER_SEEDING_ENDS = {
  'another-seed': 'there is another seed',
  spread: 'every piece is with two peers',
  'not-spreading': 'peers do not pass on what they get',
} as const;

/** One line without the torrent's name, or null. `isVerbose`: also what is somebody else's trouble. */
export function describeNotice(notice: ServerNotice, isVerbose = false): string | null {
  if (notice.type === 'bad-message') {
    if (!isVerbose) return null;
    const bytes = notice.bytes === '' ? '' : `: ${notice.bytes}`;
    return `closed ${formatAddress(notice.address)}: it sent a message that cannot be read or is not allowed${bytes}`;
  }
  if (notice.type === 'checked') {
    if (notice.havePieces === 0 || notice.havePieces === notice.pieceCount) return null;
    const how = notice.resumed ? 'goes on' : 'keeps what matches';
    return `${how}: ${notice.havePieces} of ${notice.pieceCount} pieces are there already`;
  }
  if (notice.type === 'peer-banned') return `banned ${formatAddress(notice.address)}: bad data for piece ${notice.piece}`;
  if (notice.type === 'web-seed-banned') return `banned web seed ${sanitise(notice.name)}: bad data for piece ${notice.piece}`;
  if (notice.type === 'web-seed-dropped') {
    const why = describeWebSeedFailure(notice.reason, notice.status ?? null);
    return `gave up web seed ${sanitise(notice.name)}: ${why}`;
  }
  if (notice.type === 'web-seed-lacks') {
    // A server may lack thousands: the first is told, then each doubling.
    if (!Number.isInteger(Math.log2(notice.lacking))) return null;
    const { lacking: files, fileCount, reason, status = null } = notice;
    return `web seed ${sanitise(notice.name)} ${describeWebSeedLack({ files, fileCount, reason, status })}`;
  }
  if (notice.type === 'tracker-warning') return `tracker ${sanitise(notice.url)} warns: ${sanitise(notice.message)}`;
  if (notice.type === 'super-seeding-ended') return `super-seeding is over: ${SUPER_SEEDING_ENDS[notice.reason]}`;
  return null;
}
