// Programs that a test starts: bounded in time, their output kept, ended by their own id when the test is over, however it ended.

import { spawn, type ChildProcess } from 'node:child_process';
import { onTestFinished } from 'vitest';

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Killed after this; a test that waits longer has failed anyway. */
  readonly timeoutMs?: number;
  /** It gets what `type` is given; else nothing is on its stdin. */
  readonly isTypedTo?: boolean;
}

export interface ChildEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface Child {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** What it has written so far, stdout and stderr in one, as it came. */
  output(): string;
  /** Resolves with the first match in `output()`; rejects with the output when the child ends without one. */
  outputMatching(pattern: RegExp): Promise<RegExpMatchArray>;
  kill(signal?: NodeJS.Signals): void;
  /** Onto its stdin, with `isTypedTo`. */
  type(text: string): void;
}

/**
 * The tester's own settings of effusion, in variables or a file, say nothing in a test; nor do further certificates, which Node would read
 * at each of some thousand starts (30 ms).
 */
function ownEnvironment(): NodeJS.ProcessEnv {
  const isOwn = (name: string): boolean => name.startsWith('EFFUSION_') || name === 'NODE_EXTRA_CA_CERTS';
  const others = Object.entries(process.env).filter(([name]) => !isOwn(name));
  return { ...Object.fromEntries(others), EFFUSION_NO_CONFIG: '1' };
}

/** Starts a program without a shell. It doesn't outlive the running test. */
export function startChild(command: string, args: readonly string[], options: ChildOptions = {}): Child {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...ownEnvironment(), ...options.env },
    stdio: [options.isTypedTo === true ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '', all: '' };
  const listeners = new Set<() => void>();
  const keep = (name: 'stdout' | 'stderr', data: string): void => {
    text[name] += data;
    text.all += data;
    for (const listener of listeners) listener();
  };
  const { stdin, stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error(`${command} was started without pipes`);
  // It may end before it has read all.
  stdin?.on('error', () => undefined);
  stdout.setEncoding('utf8').on('data', (data: string) => keep('stdout', data));
  stderr.setEncoding('utf8').on('data', (data: string) => keep('stderr', data));

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, options.timeoutMs ?? 60_000);
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout: text.stdout, stderr: text.stderr, timedOut }));
  }).finally(() => clearTimeout(timer));
  ended.catch(() => undefined); // a program that can't be started is reported to whoever waits for it

  onTestFinished(() => endChild(child, ended));
  return {
    pid: child.pid ?? -1,
    ended,
    output: () => text.all,
    kill: (signal) => child.kill(signal),
    type: (text) => {
      stdin?.write(text);
    },
    outputMatching: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text.all);
          if (match === null) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
        ended.then(
          () => reject(new Error(`${command} ended without ${String(pattern)}:\n${text.all}`)),
          (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
        );
      }),
  };
}

async function endChild(child: ChildProcess, ended: Promise<ChildEnd>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended.catch(() => undefined);
  clearTimeout(force);
}
