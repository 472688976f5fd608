// The player that --open of stream starts: without a shell, its words cut as a shell would, the URL behind them. What it says goes to stderr, as
// stdout is for the URL; the keyboard is its own. It is looked for before anything is fetched: a slip of the keyboard must not cost a wait.

import { spawn } from 'node:child_process';
import { constants, promises } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { splitWords } from './results/hook-words.js';
import { UsageError } from './usage-error.js';

/** Throws UsageError where it names nothing. */
export function parsePlayer(text: string): string[] {
  if (text.trim() === '')
    throw new UsageError('--open names no player', "Write it as in --open mpv, or --open 'vlc --play-and-exit'.");
  return splitWords(text, '--open');
}

/** Rejects with UsageError where there is no such program. `searchPath`: PATH, as the environment has it. */
export async function expectPlayer([command]: readonly string[], searchPath: string | undefined): Promise<void> {
  // There a name stands for several files, by their endings: its start shows it.
  if (process.platform === 'win32') return;
  if (command.includes('/')) {
    const why = await whyNotRun(command);
    if (why !== null) throw refuse(command, why, 'Check the path');
    return;
  }
  const folders = (searchPath ?? '').split(path.delimiter);
  for (const folder of folders) if ((await whyNotRun(path.join(folder, command))) === null) return;
  throw refuse(command, 'no program of that name is in any folder of PATH', 'Install it, name its path');
}

function refuse(command: string, why: string, hint: string): UsageError {
  const advice = `${hint}, or leave --open out and give the URL to a player yourself.`;
  return new UsageError(`--open: cannot start '${command}': ${why}`, advice);
}

async function whyNotRun(file: string): Promise<string | null> {
  try {
    const facts = await promises.stat(file);
    if (facts.isDirectory()) return 'it is a folder';
    await promises.access(file, constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' ? 'it may not be run (EACCES)' : 'there is no such file';
  }
}

/** A player that was started. */
export interface Player {
  readonly pid: number | undefined;
  /** Resolves when it has ended: with a word on how, where that was not in order. Rejects with UsageError where it can't be started. */
  readonly ended: Promise<string | null>;
  /** Asks it to end. Resolves with true when it has, and with false where it has not within that time: it is left to itself then. */
  stop(graceMs: number): Promise<boolean>;
}

/** `isQuiet`: what it says is dropped. */
export function startPlayer(words: readonly string[], url: string, isQuiet: boolean): Player {
  const [command, ...args] = words;
  const child = spawn(command, [...args, url], { stdio: ['inherit', isQuiet ? 'ignore' : 2, isQuiet ? 'ignore' : 2] });
  const ended = new Promise<string | null>((resolve, reject) => {
    child.once('exit', (code, by) => {
      if (by !== null) resolve(`${command} was ended by ${by}`);
      else resolve(code === 0 ? null : `${command} ended with exit code ${code}`);
    });
    child.once('error', (error) => reject(refuse(command, error.message, 'Name another player')));
  });
  const over = ended.then(
    () => true,
    () => true,
  );
  return {
    pid: child.pid,
    ended,
    stop: async (graceMs) => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const late = new AbortController();
      const waited = setTimeout(graceMs, false, { signal: late.signal }).catch(() => false);
      const hasEnded = await Promise.race([over, waited]);
      late.abort();
      return hasEnded;
    },
  };
}
