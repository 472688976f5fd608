// A closed DHT of libtorrent nodes on loopback, in one process, with one more of them that seeds or downloads.

import { fileURLToPath } from 'node:url';
import { startChild, type Child } from './child-process.js';
import { PYTHON } from './real-peers.js';

const SCRIPT = fileURLToPath(new URL('peers/libtorrent_ring.py', import.meta.url));
const NODES = 20;

export interface LibtorrentRing {
  readonly child: Child;
  /** `HOST:PORT` of one node. */
  readonly node: string;
  /** Where the seeder listens for peers; empty where there is none. */
  readonly seeder: string;
}

export interface RingOptions {
  /** Somebody seeds this there, and others find him, once the ring has started. */
  readonly seed?: readonly [torrent: string, folder: string];
  /** Somebody downloads this there, and says `finished`. */
  readonly leech?: readonly [magnet: string, folder: string];
}

export async function startRing(host: '127.0.0.1' | '::1', options: RingOptions = {}): Promise<LibtorrentRing> {
  const args = [SCRIPT, String(NODES), host];
  if (options.seed !== undefined) args.push('--seed', ...options.seed);
  if (options.leech !== undefined) args.push('--leech', ...options.leech);
  const child = startChild(PYTHON, args, { timeoutMs: 120_000 });
  const [, node] = await child.outputMatching(/^ring (\S+)$/m);
  if (options.seed === undefined) return { child, node, seeder: '' };
  const [, seeder] = await child.outputMatching(/^seeder (\S+)\nannounced$/m);
  return { child, node, seeder };
}
