// How quick disks are at what the loop would like to do itself. Learnt from doing it: no question that could be asked of a file system
// beforehand tells a quick one from a slow one. Writes are judged for all torrents of a device together: thirty of them on a slow one
// would each try it in turns, and hold up the loop all the time. Openings are each torrent's own, as they are slow in some folders only.

import type { Millis } from '../model/time.js';
import { type Disk, REAL_DISK } from './disk.js';
import { deviceOf } from './file-device.js';
import { OpenPace, type OpenPaceLimits } from './open-pace.js';
import { WritePace, type WritePaceLimits } from './write-pace.js';

export interface DiskPaceLimits extends OpenPaceLimits, WritePaceLimits {
  readonly pieceBudgetBytes: number;
}

/** Of one torrent. */
export interface DiskPace {
  /**
   * Left out for pieces so large that their blocks go to the disk as they come: there is little to open, and that the loop waits is what
   * keeps peers from sending more than memory has room for.
   */
  readonly opens?: OpenPace;
  readonly writes: WritePace;
}

export class DiskPaces {
  readonly #limits: DiskPaceLimits;
  readonly #now: () => Millis;
  readonly #disk: Disk;
  readonly #writes = new Map<number, WritePace>();

  /** `now` is monotonic. */
  constructor(limits: DiskPaceLimits, now: () => Millis, disk: Disk = REAL_DISK) {
    this.#limits = limits;
    this.#now = now;
    this.#disk = disk;
  }

  /** For a torrent whose files grow in `folder`, which need not be there yet; `pieceLength` in bytes. */
  paceIn(folder: string, pieceLength: number): DiskPace {
    const writes = this.#writesOf(deviceOf(folder, this.#disk)?.number);
    const isWrittenAsItComes = pieceLength > this.#limits.pieceBudgetBytes / 2;
    return isWrittenAsItComes ? { writes } : { opens: new OpenPace(this.#limits, this.#now), writes };
  }

  #writesOf(device: number | undefined): WritePace {
    const known = device === undefined ? undefined : this.#writes.get(device);
    const writes = known ?? new WritePace(this.#limits, this.#now);
    if (device !== undefined) this.#writes.set(device, writes);
    return writes;
  }
}
