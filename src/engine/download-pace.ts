// The download limits of one torrent: its own, and that of the process, which may change while it runs. What is asked for is what is
// limited, as nothing else comes from an honest peer: no socket is paused, and nothing is kept in memory that waits for its turn.

import { joinPacers, RequestPacer } from '../net/request-pacer.js';
import type { RequestPace } from '../session/limits.js';
import { CONFIG } from './config.js';

/** 0: no limit. */
export function createPacer(bytesPerSecond: number): RequestPacer {
  return new RequestPacer({ bytesPerSecond, ...CONFIG.pacing });
}

/** `common`: that of the process. `bytesPerSecond`: of the torrent alone. */
export function paceOf(common: RequestPacer, bytesPerSecond: number): RequestPace {
  return joinPacers(bytesPerSecond > 0 ? [common, createPacer(bytesPerSecond)] : [common]);
}
