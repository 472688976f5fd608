// How quick a torrent's disk is at what the loop would like to do itself. Learnt from doing it: no question that could be asked of a
// file system beforehand tells a quick one from a slow one.

import type { Millis } from '../model/time.js';
import { OpenPace, type OpenPaceLimits } from './open-pace.js';
import { WritePace, type WritePaceLimits } from './write-pace.js';

export class DiskPace {
  readonly opens: OpenPace;
  readonly writes: WritePace;

  /** `now` is monotonic. */
  constructor(limits: OpenPaceLimits & WritePaceLimits, now: () => Millis) {
    this.opens = new OpenPace(limits, now);
    this.writes = new WritePace(limits, now);
  }
}
