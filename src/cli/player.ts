// The player that --open of stream starts: without a shell, its words split at spaces, the URL behind them. What it says goes to stderr, as
// stdout is for the URL; the keyboard is its own.

import { spawn } from 'node:child_process';
import { UsageError } from './usage-error.js';

/** Throws UsageError where it names nothing. */
export function parsePlayer(text: string): string[] {
  const words = text.split(' ').filter((word) => word !== '');
  if (words.length === 0)
    throw new UsageError('--open names no player', "Write it as in --open mpv, or --open 'vlc --play-and-exit'.");
  return words;
}

/** Resolves when it has ended, however. Rejects with UsageError where it can't be started. Ended by `signal`, it is asked to stop. */
export async function runPlayer(words: readonly string[], url: string, isQuiet: boolean, signal: AbortSignal): Promise<void> {
  const [command, ...args] = words;
  const child = spawn(command, [...args, url], { stdio: ['inherit', isQuiet ? 'ignore' : 2, isQuiet ? 'ignore' : 2] });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => resolve());
      child.once('error', (error) => {
        reject(
          new UsageError(`--open: cannot start '${command}': ${error.message}`, 'Name a player that is installed, or its path.'),
        );
      });
    });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
