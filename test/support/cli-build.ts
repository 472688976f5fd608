// The built command for end-to-end tests: the bundle of package.json's own build line, laid out as the package is, in a folder of the
// run (run-folder.ts), so that no test meets an old dist/. The first test file that needs it builds it, with the code that V8 has compiled.

import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { startChild, type Child, type ChildEnd, type ChildOptions } from './child-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Nothing of the tester's own settings (a test run under nohup has `_`); colour is what each test says. */
const ENVIRONMENT = {
  NO_COLOR: '',
  FORCE_COLOR: undefined as unknown as string,
  TERM: 'xterm-256color',
  LC_ALL: 'C.UTF-8',
  // A DHT in which nobody answers: no test asks the internet, and none reads or writes the tester's nodes.
  EFFUSION_DHT_BOOTSTRAP: '127.0.0.1:9',
  EFFUSION_NO_LSD: '1',
  // The tester's own configuration says nothing here; a test of configurations names a folder.
  EFFUSION_NO_CONFIG: '',
  XDG_CONFIG_HOME: path.join(ROOT, 'test/no-configuration'),
  _: '',
};

export interface CliBuild {
  /** The script to give to node. */
  readonly script: string;
  start(args: readonly string[], options?: ChildOptions): Child;
  run(args: readonly string[], options?: ChildOptions): Promise<ChildEnd>;
  /** A line for bash, in which the command stands without its name: `info x.torrent > /dev/full`. */
  shell(line: string, options?: ChildOptions): Promise<ChildEnd>;
  /** On a pseudo-terminal, after `setup` (a line for sh): all that it showed is in `stdout`. */
  terminal(setup: string, args: string, options?: ChildOptions): Promise<ChildEnd>;
  /** The same, which goes on: keys are typed with `type`. */
  openTerminal(setup: string, args: string, options?: ChildOptions): Child;
  remove(): void;
}

/** How long another test file may take to build it. */
const BUILD_MS = 120_000;

/** The folder with the built command: built here, or by another test file, which is waited for. */
async function builtFolder(): Promise<string> {
  const folder = path.join(inject('runFolder'), 'cli');
  const ready = path.join(folder, 'ready');
  try {
    mkdirSync(folder);
  } catch {
    for (const until = Date.now() + BUILD_MS; !existsSync(ready); await delay(50)) {
      if (!existsSync(folder) || Date.now() > until) throw new Error('another test file has failed to build the command');
    }
    return folder;
  }
  try {
    await build(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  writeFileSync(ready, '');
  return folder;
}

async function build(folder: string): Promise<void> {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const line = scripts['build:js'].replace('rm -rf dist && ', '').replaceAll('=dist', `=${folder}/dist`);
  if (line.split(folder).length !== 4) throw new Error('the build line of package.json does not write three times into dist');
  const PATH = `${path.join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`;
  await promisify(execFile)('/bin/sh', ['-c', line], { cwd: ROOT, env: { ...process.env, PATH } });
  mkdirSync(path.join(folder, 'bin'));
  for (const file of ['effusion.js', 'start.js', 'make-code-cache.mjs', 'package.json']) {
    copyFileSync(path.join(ROOT, 'bin', file), path.join(folder, 'bin', file));
  }
  copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  const own = { ...process.env, EFFUSION_DHT_BOOTSTRAP: '127.0.0.1:9', EFFUSION_NO_LSD: '1', EFFUSION_NO_CONFIG: '1' };
  await promisify(execFile)(process.execPath, [path.join(folder, 'bin/make-code-cache.mjs')], { env: own });
}

export async function buildCli(): Promise<CliBuild> {
  const folder = await builtFolder();
  const cacheFolder = mkdtempSync(path.join(tmpdir(), 'effusion-cache-'));
  const script = path.join(folder, 'bin/effusion.js');
  // What the command keeps for the user is kept here, and goes with it.
  const cache = { XDG_CACHE_HOME: cacheFolder };
  const start = (args: readonly string[], options: ChildOptions = {}): Child =>
    startChild(process.execPath, [script, ...args], { ...options, env: { ...ENVIRONMENT, ...cache, ...options.env } });
  const openTerminal = (setup: string, args: string, options: ChildOptions = {}): Child => {
    const line = `${setup}${JSON.stringify(process.execPath)} ${JSON.stringify(script)} ${args}`;
    const env = { ...ENVIRONMENT, ...options.env };
    return startChild('/usr/bin/script', ['-qec', line, '/dev/null'], { ...options, env });
  };
  return {
    script,
    start,
    run: (args, options) => start(args, options).ended,
    shell: (line, options = {}) => {
      const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(script)}`;
      const parts = line.replace(/(^|[;|] *)(info|files|edit|verify|create|download|seed) /g, `$1${command} $2 `);
      return startChild('/bin/bash', ['-c', parts], { ...options, env: { ...ENVIRONMENT, ...options.env } }).ended;
    },
    terminal: (setup, args, options) => openTerminal(setup, args, options).ended,
    openTerminal: (setup, args, options) => openTerminal(setup, args, { ...options, isTypedTo: true }),
    remove: () => rmSync(cacheFolder, { recursive: true, force: true }),
  };
}
