// The space that a file takes up on the disk, which is not its length: holes take none, and space can be set aside beyond its
// end. The same measure for all who count space: what one of them takes must be what the others see.

import type { Disk } from './disk.js';

/** `stat` counts in these, whatever the file system's own are. */
export const STAT_BLOCK_BYTES = 512;

/** 0 where there is no such file, or nothing can be told of it; its length where the system does not count blocks (Windows). */
export function allocatedBytes(location: string, disk: Disk): number {
  try {
    const stat = disk.lstatSync(location, { throwIfNoEntry: false });
    return stat === undefined ? 0 : Number.isFinite(stat.blocks) ? stat.blocks * STAT_BLOCK_BYTES : stat.size;
  } catch {
    return 0;
  }
}
