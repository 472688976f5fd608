// Whether whoever started us is still there: a background job must not outlive its script, however that ended. The system gives an
// orphan another parent, which is looked for; and a pipe that the parent holds for our stdin ends with it, or when it closes that on
// purpose. A pipe that had ended before we looked says nothing: services and CI jobs are often started with one.

import { fstatSync } from 'node:fs';

/** Looking costs a system call. */
const LOOK_MS = 500;

/** What is watched of a process; tests give their own. */
export interface WatchedProcess {
  readonly ppid: number;
  readonly stdin: NodeJS.ReadableStream & { unref?: () => void };
}

/** `onGone` is called once. Answers how to stop watching. `isPipe`: whether stdin is a pipe that somebody holds. */
export function watchParent(onGone: () => void, own: WatchedProcess = process, isPipe: boolean = isPipedStdin()): () => void {
  const { ppid, stdin } = own;
  let isOver = false;
  let isReady = false;
  const end = (): void => {
    if (isOver) return;
    stop();
    onGone();
  };
  const onEnd = (): void => {
    if (isReady) end();
  };
  const timer = setInterval(() => {
    isReady = true;
    if (own.ppid !== ppid) end();
  }, LOOK_MS);
  timer.unref();
  const stop = (): void => {
    isOver = true;
    clearInterval(timer);
    if (!isPipe) return;
    stdin.removeListener('end', onEnd);
    stdin.removeListener('close', onEnd);
    stdin.pause();
  };
  if (isPipe) {
    // Whoever writes to it holds it.
    stdin.on('data', () => {
      isReady = true;
    });
    stdin.on('end', onEnd);
    stdin.on('close', onEnd);
    // A pipe that breaks has ended.
    stdin.on('error', onEnd);
    stdin.resume();
    stdin.unref?.();
  }
  return stop;
}

/** Programs make pipes of both kinds. */
function isPipedStdin(): boolean {
  try {
    const found = fstatSync(0);
    return found.isFIFO() || found.isSocket();
  } catch {
    return false;
  }
}
