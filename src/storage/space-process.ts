// Has the file system set space aside for a file, by a process of its own: Node has no call for it, and the command `fallocate`
// is on nearly every Linux. It is given the descriptor: a path might mean another file by the time it is opened. The file keeps its
// length; what was not written reads as zeros.

import type { ChildProcess } from 'node:child_process';

/**
 * Takes space for the first `bytes` of the open file, and settles when nothing more comes of that, whatever did: what the file
 * has then is on the disk to see. The signal hurries it, which a call that is under way need not hear. Never rejects.
 */
export type TakeSpace = (fd: number, bytes: number, signal: AbortSignal) => Promise<void>;

export const takeSpaceInProcess: TakeSpace = async (fd, bytes, signal) => {
  if (process.platform !== 'linux' || signal.aborted) return;
  let child: ChildProcess;
  try {
    const { spawn } = process.getBuiltinModule('node:child_process');
    child = spawn('fallocate', ['--keep-size', '--length', String(bytes), '/proc/self/fd/3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
  } catch {
    // Some failures are thrown and not told by an event: no memory, not permitted.
    return;
  }
  const kill = (): void => {
    child.kill('SIGKILL');
    // It ends when the disk lets it; the process does not wait for that.
    child.unref();
  };
  signal.addEventListener('abort', kill);
  await new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('exit', () => resolve());
  });
  signal.removeEventListener('abort', kill);
};
