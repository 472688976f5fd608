// libtorrent as the other side: a seeder or a leecher in a process of its own.

import { fileURLToPath } from 'node:url';
import { startChild, type Child } from './child-process.js';
import { PYTHON } from './real-peers.js';

const SCRIPT = fileURLToPath(new URL('peers/libtorrent_peer.py', import.meta.url));

export interface LibtorrentSeederOptions {
  /** 0: none. */
  readonly uploadBytesPerSecond?: number;
  /** `HOST:PORT` to connect to, for leechers that find nobody themselves. */
  readonly dial?: string;
  /** Announces itself on the local network, and listens there (BEP 14). */
  readonly usesLsd?: boolean;
  /** Takes and makes encrypted connections (RC4) only. */
  readonly encrypts?: boolean;
  /** Shows its pieces one by one (BEP 16). */
  readonly superSeeds?: boolean;
}

/** Seeds `folder` on `listen` (`127.0.0.1:6881` or `[::1]:6881`) once this resolves. */
export async function startLibtorrentSeeder(
  torrent: string,
  folder: string,
  listen: string,
  options: LibtorrentSeederOptions = {},
): Promise<Child> {
  const args = [SCRIPT, 'seed', torrent, folder, listen, '--upload-limit', String(options.uploadBytesPerSecond ?? 0)];
  if (options.dial !== undefined) args.push('--peer', options.dial);
  if (options.encrypts === true) args.push('--encrypt');
  if (options.usesLsd === true) args.push('--lsd');
  if (options.superSeeds === true) args.push('--super-seed');
  const child = startChild(PYTHON, args, { timeoutMs: 120_000 });
  await child.outputMatching(/^ready$/m);
  return child;
}

/** Downloads from `peer`; its process ends with 0 when all is there. `torrent` is a path or a magnet link. */
export function startLibtorrentLeecher(torrent: string, folder: string, listen: string, peer: string, encrypts = false): Child {
  return startChild(PYTHON, [SCRIPT, 'leech', torrent, folder, listen, '--peer', peer, ...(encrypts ? ['--encrypt'] : [])]);
}

export interface WatchedLeecherOptions {
  /** `HOST:PORT` to connect to. */
  readonly dial?: string;
  /** 0: no limit. What comes beside the payload is held up by it too. */
  readonly downloadBytesPerSecond?: number;
  readonly usesLsd?: boolean;
}

/** A leecher that says `connected N` with each more peer it has, and that nobody need wait for. It listens once this resolves. */
export async function startWatchedLeecher(
  torrent: string,
  folder: string,
  listen: string,
  options: WatchedLeecherOptions = {},
): Promise<Child> {
  const args = [SCRIPT, 'leech', torrent, folder, listen, '--download-limit', String(options.downloadBytesPerSecond ?? 0)];
  if (options.dial !== undefined) args.push('--peer', options.dial);
  if (options.usesLsd === true) args.push('--lsd');
  const child = startChild(PYTHON, args, { timeoutMs: 120_000 });
  await child.outputMatching(/^listening$/m);
  return child;
}

/** What libtorrent reads in a .torrent. */
export async function libtorrentShow(torrent: string): Promise<{ infoHash: string; name: string; totalBytes: number }> {
  const { code, stdout, stderr } = await startChild(PYTHON, [SCRIPT, 'show', torrent]).ended;
  if (code !== 0) throw new Error(`libtorrent refuses the torrent: ${stderr}`);
  return JSON.parse(stdout) as { infoHash: string; name: string; totalBytes: number };
}
