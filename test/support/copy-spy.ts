// A disk whose copies are watched: whether it can clone is the test's choice, and so is what becomes of each write.

import { type Disk, REAL_DISK } from '../../src/storage/disk.js';

/** `onWrite` hears how many writes there were. */
export function copySpy(options: { canClone: boolean; onWrite?: (count: number) => Error | null }): {
  readonly disk: Disk;
  readonly writes: () => number[];
} {
  const lengths: number[] = [];
  const copyFile = (from: string, to: string, _mode: number, done: (error: Error | null) => void): void => {
    if (options.canClone) REAL_DISK.copyFile(from, to, done);
    else done(Object.assign(new Error('not here'), { code: 'ENOTSUP' }));
  };
  type Written = (error: Error | null, count: number) => void;
  const write = (fd: number, bytes: Buffer, at: number, length: number, offset: number, done: Written): void => {
    lengths.push(length);
    const failure = options.onWrite?.(lengths.length) ?? null;
    if (failure === null) REAL_DISK.write(fd, bytes, at, length, offset, done);
    else done(failure, 0);
  };
  const disk = { ...REAL_DISK, copyFile, write } as unknown as Disk;
  return { disk, writes: () => lengths };
}
