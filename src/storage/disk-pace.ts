// How quick a torrent's disk is at what the loop would like to do itself. Learnt from doing it: no question that could be asked of a
// file system beforehand tells a quick one from a slow one.

import type { Millis } from '../model/time.js';
import { OpenPace, type OpenPaceLimits } from './open-pace.js';
import { WritePace, type WritePaceLimits } from './write-pace.js';

export interface DiskPaceLimits extends OpenPaceLimits, WritePaceLimits {
  readonly pieceBudgetBytes: number;
}

export class DiskPace {
  /**
   * Undefined for pieces so large that their blocks go to the disk as they come: there is little to open, and that the loop waits is what
   * keeps peers from sending more than memory has room for.
   */
  readonly opens: OpenPace | undefined;
  readonly writes: WritePace;

  /** `now` is monotonic; `pieceLength` in bytes. */
  constructor(limits: DiskPaceLimits, pieceLength: number, now: () => Millis) {
    this.opens = pieceLength > limits.pieceBudgetBytes / 2 ? undefined : new OpenPace(limits, now);
    this.writes = new WritePace(limits, now);
  }
}
