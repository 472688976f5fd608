// Runs the command of `--exec` or `--exec-error`: started as words, never through a shell, with the result as JSON on its stdin. What it writes goes to our
// stderr, since stdout is for results. It has ended when it has; what it left running is not waited for.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CONFIG } from '../../engine/config.js';
import { CommandError } from '../command-error.js';
import { errnoOf, fileReason } from '../file-reason.js';
import { sanitise } from '../render/sanitise.js';

export interface HookRun {
  /** The option it comes from, for messages. */
  readonly option: string;
  readonly words: readonly string[];
  /** For its stdin. */
  readonly input: string;
  /** Besides the environment of ours. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds; 0 is no limit. */
  readonly timeoutMs: number;
  /** The run is to end: the hook gets `stopSignal()`. */
  readonly signal: AbortSignal;
  readonly stopSignal: () => NodeJS.Signals;
  /** A line that it wrote, printable. */
  readonly onLine: (line: string) => void;
  /** The end at once of this process: the hook is not left behind. Answers how to take it back. */
  readonly onExit: (cleanup: () => void) => () => void;
}

const MAX_SHOWN = 200;

/** Rejects with CommandError `hook_failed`; how it ended because of `signal` is not told apart from any other failure. */
export async function runHook(run: HookRun): Promise<void> {
  const { words, timeoutMs, signal } = run;
  const name = `${run.option}: ${sanitise(words[0], MAX_SHOWN)}`;
  const child = start(run);
  const output = Promise.all([forward(child.stdout, run.onLine), forward(child.stderr, run.onLine)]);
  // It need not read what it is told.
  child.stdin?.on('error', () => {});
  child.stdin?.end(run.input);
  const forgetExit = run.onExit(() => child.kill('SIGKILL'));
  let isOverdue = false;
  let isLastKill = false;
  const ended = new Promise<Failure | null>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(describeStart(error));
      // Node tells so of a signal that was refused, too: by a command that is another user's now. It may end by itself, until it was to be killed.
      else if (isLastKill) resolve(describeRefusal(error));
    });
    child.once('exit', (code, by) => resolve(code === 0 ? null : describeEnd(code, by)));
  });
  const timers: NodeJS.Timeout[] = [];
  const end = (by: NodeJS.Signals): void => {
    child.kill(by);
    timers.push(
      setTimeout(() => {
        isLastKill = true;
        child.kill('SIGKILL');
      }, CONFIG.results.hookKillMs),
    );
  };
  let hasEnded = false;
  const onAbort = (): void => end(run.stopSignal());
  if (timeoutMs > 0) {
    timers.push(
      setTimeout(() => {
        // What it left running may hold its output.
        if (hasEnded) return;
        isOverdue = true;
        end('SIGTERM');
      }, timeoutMs),
    );
  }
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    const failure = await ended;
    hasEnded = true;
    await Promise.race([output, pause(CONFIG.results.hookOutputMs)]);
    // Its end may be that of the run, and be seen first.
    if (failure?.hasRun === true && !isOverdue) await delay(CONFIG.cli.sharedSignalMs, null, { signal }).catch(() => {});
    if (isOverdue) {
      const late = `${name} took longer than --exec-timeout${failure?.goesOn === true ? `, and ${failure.why}` : ''}`;
      throw new CommandError('hook_failed', late, 'Give it longer with --exec-timeout.');
    }
    if (failure !== null) throw new CommandError('hook_failed', `${name} ${failure.why}`, failure.advice);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    forgetExit();
    child.unref();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function start({ option, words, environment }: HookRun): ChildProcess {
  try {
    return spawn(words[0], words.slice(1), { stdio: 'pipe', env: { ...process.env, ...environment } });
  } catch (error) {
    // Most failures come as an event; too long a list of arguments does not.
    const { why, advice } = describeStart(error);
    throw new CommandError('hook_failed', `${option}: ${sanitise(words[0], MAX_SHOWN)} ${why}`, advice, { cause: error });
  }
}

interface Failure {
  readonly why: string;
  /** Empty: what there is to say of any hook that failed. */
  readonly advice: string;
  readonly hasRun: boolean;
  readonly goesOn?: boolean;
}

/** Node says `spawn x ENOENT`. */
function describeStart(error: unknown): Failure {
  const isMissing = errnoOf(error) === 'ENOENT';
  const why = isMissing ? 'there is no such command (ENOENT)' : fileReason(error);
  const advice = isMissing
    ? "Name one that is installed, or its path; a line for a shell is written sh -c '…'."
    : 'Name another, or make it one that can be run.';
  return { why: `could not be started: ${why}`, advice, hasRun: false };
}

function describeRefusal(error: unknown): Failure {
  return { why: `could not be ended, and goes on: ${fileReason(error)}`, advice: '', hasRun: true, goesOn: true };
}

function describeEnd(code: number | null, by: NodeJS.Signals | null): Failure {
  return { why: code === null ? `was ended by ${by ?? 'a signal'}` : `ended with ${code}`, advice: '', hasRun: true };
}

/** Line by line; a long one in parts. Resolves at the end. */
function forward(stream: Readable | null | undefined, onLine: (line: string) => void): Promise<void> {
  // Node leaves it out where it had no descriptor for it.
  if (stream === null || stream === undefined) return Promise.resolve();
  const { maxHookLine } = CONFIG.results;
  const show = (line: string): void => onLine(sanitise(line, maxHookLine));
  let rest = '';
  return new Promise((resolve) => {
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(line);
      if (rest.length < maxHookLine) return;
      show(rest);
      rest = '';
    });
    stream.once('error', () => resolve());
    stream.once('close', () => {
      if (rest !== '') show(rest);
      rest = '';
      resolve();
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
