// A shell with a real line editor, on a terminal of tmux: keys go in, and what stands on the line comes out. For the completion scripts,
// which only a shell at a prompt can judge.

import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A slow machine starts Node at each press of the key. */
const PATIENCE_MS = 15_000;
const POLL_MS = 50;

export interface ShellLine {
  /** Types `text` on an empty line and presses Tab; resolves with the line once it matches, rejects with what the screen showed instead. */
  complete(text: string, expected: RegExp): Promise<string>;
  /** Runs a line, and waits for the prompt behind it. */
  run(line: string): Promise<void>;
}

export interface ShellLineOptions {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

let count = 0;

/** A shell that knows PS1. Ended with the running test. */
export async function openShellLine({ command, cwd, env }: ShellLineOptions): Promise<ShellLine> {
  const name = `effusion-test-${process.pid}-${count++}`;
  const tmux = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-L', name, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      timeout: 10_000,
      // The server that the first call starts hands it to the shell.
      env: { ...process.env, TMUX: '', ...env },
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  };
  onTestFinished(() => {
    spawnSync('tmux', ['-L', name, 'kill-server'], { timeout: 10_000 });
  });
  tmux('new-session', '-d', '-x', '200', '-y', '50', '-c', cwd, command);
  const until = async (isThere: (screen: string) => boolean): Promise<string> => {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const screen = tmux('capture-pane', '-p').trimEnd();
      if (isThere(screen)) return screen;
      if (Date.now() > end) throw new Error(`the shell showed:\n${screen}`);
      await pause(POLL_MS);
    }
  };
  const lineOf = (screen: string): string => screen.split('\n').findLast((line) => line.startsWith('> ')) ?? '';
  await until((screen) => screen !== '');
  tmux('send-keys', '-l', "PS1='> '; clear");
  tmux('send-keys', 'Enter');
  await until((screen) => screen.endsWith('>'));
  return {
    complete: async (text, expected) => {
      tmux('send-keys', 'C-u');
      tmux('send-keys', '-l', text);
      await until((screen) => lineOf(screen) === `> ${text}`.trimEnd());
      tmux('send-keys', 'Tab');
      return lineOf(await until((screen) => expected.test(lineOf(screen).slice(2))));
    },
    run: async (line) => {
      tmux('send-keys', '-l', `${line}; clear; echo ready-$((1+1))`);
      tmux('send-keys', 'Enter');
      await until((screen) => /^ready-2\n>$/m.test(screen));
    },
  };
}
