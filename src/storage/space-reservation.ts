// The space of a torrent's large files, set aside before they are first written, where that is worth it: on ext4 nothing is looked for or
// counted any more for each block that comes, which is a third of what writing costs. On XFS it costs as much either way,
// on btrfs more, and what lies in memory would take it at once. Where it can't be done, files grow as they are written.

import { type Disk, REAL_DISK } from './disk.js';
import type { OpenFile } from './open-files.js';
import { takeSpaceInProcess, type TakeSpace } from './space-process.js';

export interface SpaceReservationLimits {
  /** Of a file, without space so far; fewer are not worth a process. */
  readonly fromBytes: number;
  /** Nobody waits longer for it. */
  readonly waitMs: number;
}

/** As statfs(2) names ext4, and ext2 and ext3, which refuse. */
const EXT4 = 0xef53;
const STAT_BLOCK_BYTES = 512;

export class SpaceReservation {
  readonly #limits: SpaceReservationLimits;
  readonly #takeSpace: TakeSpace;
  readonly #disk: Disk;
  readonly #tried = new Set<number>();
  readonly #reserved = new Set<number>();
  #takenBytes = 0;

  constructor(limits: SpaceReservationLimits, takeSpace: TakeSpace = takeSpaceInProcess, disk: Disk = REAL_DISK) {
    this.#limits = limits;
    this.#takeSpace = takeSpace;
    this.#disk = disk;
  }

  /** Space that was set aside and was not there before. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** All space of the file is there: what is written to it takes no more. */
  has(file: number): boolean {
    return this.#reserved.has(file);
  }

  /** `reserve` is to be called before the file is written. Once for each file. */
  isDue(file: number, length: number): boolean {
    return length >= this.#limits.fromBytes && !this.#tried.has(file);
  }

  /** `length`: of the whole file. Never rejects. */
  async reserve(file: number, open: OpenFile, length: number): Promise<void> {
    this.#tried.add(file);
    const missing = this.#missingBytes(open.path, length);
    if (missing < this.#limits.fromBytes || !(await this.#takeSpace(open.fd, length, this.#limits.waitMs))) return;
    this.#reserved.add(file);
    this.#takenBytes += missing;
  }

  /** What a file of that length still has no space for; 0 where nothing is to be done about it. */
  #missingBytes(location: string, length: number): number {
    try {
      const { type, bavail, bsize } = this.#disk.statfsSync(location);
      const missing = length - this.#disk.statSync(location).blocks * STAT_BLOCK_BYTES;
      // Where too little is free it would take all there is before it fails.
      return type === EXT4 && missing <= bavail * bsize ? missing : 0;
    } catch {
      return 0;
    }
  }
}
