// `npm run demo`: the main job without the internet. Makes some files and their torrent, serves them from a tracker and four
// seeders in this process, each held to 3 MiB/s so that there is something to see, and runs the real command on it, bars
// and all. Everything is in a temporary folder that is gone afterwards, however it ends.

import { spawn, type ChildProcess } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEMO_NAME, writeDemoPayload } from './demo-payload.js';
import { serveSwarm } from './served-swarm.js';

const SEEDERS = 4;
const SEEDER_BYTES_PER_SECOND = 3 * 1024 * 1024;
const COMMAND = fileURLToPath(new URL('../../bin/effusion.js', import.meta.url));
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** A ^C reaches the command by itself; where it did not (a signal to this process alone), it is passed on. */
const PATIENCE_MS = 3000;

/** The command that runs now, and the signal that came, if one did. */
const state: { child: ChildProcess | null; signal: keyof typeof SIGNALS | null } = { child: null, signal: null };

function say(line = ''): void {
  process.stdout.write(`${line}\n`);
}

function handleSignal(signal: keyof typeof SIGNALS): void {
  const { child } = state;
  state.signal ??= signal;
  if (child === null) return;
  if (signal === 'SIGINT') setTimeout(() => child.kill('SIGTERM'), PATIENCE_MS).unref();
  else child.kill(signal);
}

/** Runs `effusion …` in that folder, on this terminal, and answers its exit code. */
async function effusion(cwd: string, ...args: readonly string[]): Promise<number> {
  if (state.signal !== null) return SIGNALS[state.signal];
  say(`$ effusion ${args.join(' ')}`);
  // Nobody out there has what it shows: a DHT of its own, in which nobody answers.
  const env = { ...process.env, EFFUSION_DHT_BOOTSTRAP: '127.0.0.1:9', EFFUSION_NO_LSD: '1', EFFUSION_NO_CONFIG: '1' };
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd, env, stdio: 'inherit' });
  state.child = child;
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? (signal === null ? 1 : (SIGNALS[signal as 'SIGINT'] ?? 1))));
    });
  } finally {
    state.child = null;
  }
}

async function show(folder: string): Promise<number> {
  const seedFolder = path.join(folder, 'seeders');
  const torrent = `${DEMO_NAME}.torrent`;
  const { files, bytes } = await writeDemoPayload(seedFolder);
  const swarm = await serveSwarm({
    content: path.join(seedFolder, DEMO_NAME),
    seeders: SEEDERS,
    maxUploadBytesPerSecond: SEEDER_BYTES_PER_SECOND,
  });
  try {
    await copyFile(swarm.torrent, path.join(folder, torrent));
    say(`${files} files, ${mebibytes(bytes)}, and a torrent of them are in ${folder}.`);
    say(
      `A tracker at ${swarm.tracker} and ${SEEDERS} seeders, each held to ${mebibytes(SEEDER_BYTES_PER_SECOND)}/s, serve them.`,
    );
    say('Now the real command, in that folder:');
    say();
    const code = await effusion(folder, 'download', torrent, '--output', 'download');
    if (code !== 0) return code;
    say();
    say(`The seeders sent ${swarm.seeders.uploadedBytes().map(mebibytes).join(', ')}.`);
    say('Once more from the disk:');
    say();
    return await effusion(folder, 'verify', torrent, 'download');
  } finally {
    await swarm.close();
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / (1024 * 1024)).toFixed(1)} MiB`;
}

async function demo(): Promise<number> {
  // Whoever reads this may go away at any time (| head); cleaning up matters more.
  process.stdout.on('error', () => undefined);
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => handleSignal(signal));
  const folder = await mkdtemp(path.join(tmpdir(), 'effusion-demo-'));
  try {
    return await show(folder);
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    say();
    say(`${folder} is removed again.`);
  }
}

process.exitCode = await demo();
