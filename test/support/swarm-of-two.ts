// What every interop test does: one payload on disk at the seeder's, one torrent, an empty folder for the leecher, and the
// verdict at the end. The two sides are the test's own business.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Child } from './child-process.js';
import { runEffusion, startEffusion } from './effusion-command.js';
import { awkwardPayload, leftovers, payloadDifferences, type Torrent, writePayload, writeTorrent } from './payload.js';
import { makeTempFolder } from './temp-folder.js';

export const payload = awkwardPayload();

export interface SwarmOfTwo {
  readonly torrent: Torrent;
  /** Holds the payload. */
  readonly seedFolder: string;
  /** Exists and is empty. */
  readonly leechFolder: string;
  /** Does not exist yet. */
  readonly settings: string;
}

export async function prepareSwarm(trackers: readonly string[] = [], pieceLength = 65_536): Promise<SwarmOfTwo> {
  const folder = await makeTempFolder();
  const swarm = { seedFolder: join(folder, 'seed'), leechFolder: join(folder, 'leech'), settings: join(folder, 'settings') };
  await mkdir(swarm.leechFolder);
  await writePayload(payload, swarm.seedFolder);
  return { ...swarm, torrent: await writeTorrent(payload, folder, pieceLength, trackers) };
}

/** Runs `effusion download` against these peers alone and holds it to exit 0, the exact bytes, and nothing left behind. */
export async function expectDownload(swarm: SwarmOfTwo, ...peers: readonly string[]): Promise<void> {
  const sources = peers.flatMap((peer) => ['--peer', peer]);
  await holdDownload(swarm, swarm.torrent.path, ['--no-trackers', ...sources]);
}

/** The same of a torrent file or a magnet link, with options of one's own. */
export async function expectDownloadWith(swarm: SwarmOfTwo, torrent: string, ...args: readonly string[]): Promise<void> {
  await holdDownload(swarm, torrent, ['--no-trackers', ...args]);
}

/** The same for whom the trackers of `torrentPath`, a torrent of the same content, lead to. */
export async function expectDownloadFromTrackers(swarm: SwarmOfTwo, torrentPath: string): Promise<void> {
  await holdDownload(swarm, torrentPath, []);
}

async function holdDownload(swarm: SwarmOfTwo, torrentPath: string, args: readonly string[]): Promise<void> {
  const end = await runEffusion(['download', torrentPath, '--output', swarm.leechFolder, ...args]);
  expect(end.code, `${end.stdout}${end.stderr}${end.timedOut ? '\n(timed out)' : ''}`).toBe(0);
  expect(await payloadDifferences(payload, swarm.leechFolder)).toEqual([]);
  expect(await leftovers(swarm.leechFolder)).toEqual([]);
}

/** Starts `effusion seed` and resolves, once it says that it serves, with its port. */
export async function startEffusionSeeder(
  swarm: SwarmOfTwo,
  args: readonly string[] = [],
): Promise<{ child: Child; port: number }> {
  const child = startEffusion(['seed', swarm.torrent.path, '--data', swarm.seedFolder, '--no-trackers', ...args], {
    timeoutMs: 120_000,
  });
  const match = await child.outputMatching(/seeding .* on port (\d+)/);
  return { child, port: Number(match[1]) };
}
