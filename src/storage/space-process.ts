// Has the file system set space aside for a file, by a process of its own: Node has no call for it, and the command `fallocate`
// is on nearly every Linux. It is given the descriptor: a path might mean another file by the time it is opened. The file keeps its
// length; what was not written reads as zeros.

import type { ChildProcess } from 'node:child_process';

/** True where the first `bytes` of the open file have their space now. False: nothing is known. Never rejects. */
export type TakeSpace = (fd: number, bytes: number, waitMs: number) => Promise<boolean>;

export const takeSpaceInProcess: TakeSpace = async (fd, bytes, waitMs) => {
  if (process.platform !== 'linux') return false;
  // Loaded when a large file begins: most runs of many files never need it.
  const { spawn } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn('fallocate', ['--keep-size', '--length', String(bytes), '/proc/self/fd/3'], {
        stdio: ['ignore', 'ignore', 'ignore', fd],
      });
    } catch {
      // Some failures are thrown and not told by an event: no memory, not permitted.
      resolve(false);
      return;
    }
    // A disk that hangs holds the process up, not us: it ends when the disk lets it.
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.unref();
      resolve(false);
    }, waitMs);
    const end = (isTaken: boolean): void => {
      clearTimeout(timer);
      resolve(isTaken);
    };
    child.on('error', () => end(false));
    child.on('exit', (code) => end(code === 0));
  });
};
