// `npm run demo`: the main job without the internet. Makes some files and their torrent, serves them from a tracker and four
// seeders in this process, each held to 3 MB/s so that there is something to see, and runs the real command on it, bars
// and all. Everything is in a temporary folder that is gone afterwards, however it ends.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTorrent } from '../engine/torrent-files.js';
import { DEMO_NAME, writeDemoPayload } from './demo-payload.js';
import { startLocalSwarm } from './local-swarm.js';
import { startTrackerServer } from './tracker-server.js';

const SEEDERS = 4;
const SEEDER_BYTES_PER_SECOND = 3_000_000;
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

/** Runs `effusion …` on this terminal and answers its exit code. */
async function effusion(...args: readonly string[]): Promise<number> {
  if (state.signal !== null) return SIGNALS[state.signal];
  say(`$ effusion ${args.map((arg) => (/^[\w./:-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(' ')}`);
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'inherit' });
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
  const target = path.join(folder, 'download');
  const torrent = path.join(folder, `${DEMO_NAME}.torrent`);
  await mkdir(target);
  const { files, bytes } = await writeDemoPayload(seedFolder);
  const tracker = await startTrackerServer();
  try {
    const created = await createTorrent(path.join(seedFolder, DEMO_NAME), { trackers: [[tracker.url]] });
    await writeFile(torrent, created.bytes);
    const swarm = await startLocalSwarm({
      metainfo: created.metainfo,
      folder: seedFolder,
      seeders: SEEDERS,
      maxUploadBytesPerSecond: SEEDER_BYTES_PER_SECOND,
    });
    try {
      say(`${files} files, ${megabytes(bytes)}, and a torrent of them are in ${folder}.`);
      say(`A tracker (port ${tracker.port}) and ${SEEDERS} seeders (ports ${swarm.ports.join(', ')}) run on 127.0.0.1,`);
      say(`each seeder held to ${megabytes(SEEDER_BYTES_PER_SECOND)}/s. Now the real command:`);
      say();
      const code = await effusion('download', torrent, '--output', target);
      if (code !== 0) return code;
      const shares = swarm.uploadedBytes().map(megabytes).join(', ');
      say();
      say(`The seeders sent ${shares}. Once more from the disk:`);
      say();
      return await effusion('verify', torrent, target);
    } finally {
      await swarm.close();
    }
  } finally {
    await tracker.close();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
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
