// The download limits of one torrent: its own, and that of the process. What is asked for is what is limited, as nothing else comes from
// an honest peer: no socket is paused, and nothing is kept in memory that waits for its turn.

import { joinPacers, RequestPacer } from '../net/request-pacer.js';
import type { RequestPace } from '../session/limits.js';
import { CONFIG } from './config.js';

/** Null where `bytesPerSecond` is 0: no limit. */
export function createPacer(bytesPerSecond: number): RequestPacer | null {
  return bytesPerSecond > 0 ? new RequestPacer({ bytesPerSecond, ...CONFIG.pacing }) : null;
}

/** `common`: that of the process. `bytesPerSecond`: of the torrent alone. */
export function paceOf(common: RequestPacer | null, bytesPerSecond: number): RequestPace | null {
  return joinPacers([common, createPacer(bytesPerSecond)]);
}
