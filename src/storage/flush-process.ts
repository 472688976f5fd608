// Flushes files to the disk in a process of its own. A call of fsync can't be taken back, and Node waits for it at its exit:
// on a slow disk with much to write the second ^C, and everybody else, would wait for minutes. A process can be left behind.

import type { ChildProcess } from 'node:child_process';

/**
 * For each path null where all of the file is on the disk, else the errno of what failed. Null instead of the list where
 * nothing is known: the signal came first, or no process could be started. Never rejects.
 */
export type Flush = (paths: readonly string[], signal: AbortSignal) => Promise<readonly (string | null)[] | null>;

/** Four at a time, as many as there are threads for it: the journal takes several small files in one go. */
const PROGRAM = `
const fs = require('node:fs');
let text = '';
process.stdin.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
  const paths = JSON.parse(text);
  const results = [];
  let next = 0;
  const flush = () => {
    if (next === paths.length) return;
    const at = next++;
    fs.open(paths[at], 'r', (openError, fd) => {
      results[at] = openError?.code ?? null;
      if (openError !== null) return flush();
      fs.fsync(fd, (error) => {
        results[at] = error?.code ?? null;
        fs.close(fd, flush);
      });
    });
  };
  for (let i = 0; i < 4; i++) flush();
  process.once('beforeExit', () => process.stdout.write(JSON.stringify(results)));
});
`;

export const flushInProcess: Flush = async (paths, signal) => {
  // Loaded when there is something to flush: most runs end with the whole data.
  const { spawn } = await import('node:child_process');
  if (signal.aborted) return null;
  return new Promise((resolve) => {
    // A group of its own: the ^C that follows is not meant for it.
    let child: ChildProcess;
    try {
      child = spawn(process.execPath, ['-e', PROGRAM], {
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore'],
        windowsHide: true,
        env: { ...process.env, NODE_OPTIONS: '', ELECTRON_RUN_AS_NODE: '1' },
      });
    } catch {
      // Some failures are thrown and not told by an event: no memory, not permitted.
      resolve(null);
      return;
    }
    const giveUp = (): void => {
      // It ends when the disk lets it; nobody waits for that.
      child.kill('SIGKILL');
      child.unref();
      child.stdin?.destroy();
      child.stdout?.destroy();
      end(null);
    };
    const end = (results: readonly (string | null)[] | null): void => {
      signal.removeEventListener('abort', giveUp);
      resolve(results);
    };
    signal.addEventListener('abort', giveUp);
    let answer = '';
    child.once('error', () => end(null));
    child.once('close', (code) => end(code === 0 ? parseResults(answer, paths.length) : null));
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      answer += part;
    });
    // One that died before it had read everything: `close` tells.
    child.stdin?.on('error', () => {});
    child.stdin?.end(JSON.stringify(paths));
  });
};

function parseResults(answer: string, count: number): (string | null)[] | null {
  let results: unknown;
  try {
    results = JSON.parse(answer);
  } catch {
    return null;
  }
  if (!Array.isArray(results) || results.length !== count) return null;
  return results.map((result: unknown) => (result === null || typeof result === 'string' ? result : 'EUNKNOWN'));
}
