// A swarm on this machine and nowhere else: some seeders of one torrent, each with its own client and port, as the demo and
// tests need it. They listen on the loopback address only; the torrent names the tracker where they are found.

import { Client } from '../engine/client.js';
import { SessionServer } from '../engine/session-server.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { invariant } from '../model/error.js';

export interface LocalSwarmOptions {
  /** Names the tracker. */
  readonly metainfo: Metainfo;
  /** The folder that holds NAME, whole: all seeders read the same files. */
  readonly folder: string;
  readonly seeders: number;
  /** Of each seeder; 0 or undefined: no limit. */
  readonly maxUploadBytesPerSecond?: number;
  /** Numeric; default 127.0.0.1. */
  readonly host?: string;
}

export interface LocalSwarm {
  readonly ports: readonly number[];
  /** Bytes of payload that each seeder has sent, in the order of `ports`. */
  uploadedBytes(): number[];
  /** Ends the seeders in order: they tell the tracker, which is to be closed after them. */
  close(): Promise<void>;
}

interface Seeder {
  readonly client: Client;
  readonly server: SessionServer;
}

const LOOPBACK = '127.0.0.1';

/** Resolves when every seeder has checked its data and has announced itself. Rejects with what kept one of them from it. */
export async function startLocalSwarm(options: LocalSwarmOptions): Promise<LocalSwarm> {
  const seeders: Seeder[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(seeders.map(({ server }) => server.stop()));
    await Promise.all(seeders.map(({ client }) => client.close()));
  };
  try {
    for (let i = 0; i < options.seeders; i++) seeders.push(await startSeeder(options));
    for (const { server } of seeders) await announced(server);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports: seeders.map(({ client }) => client.port ?? 0),
    uploadedBytes: () => seeders.map(({ server }) => server.snapshot().uploadedBytes),
    close,
  };
}

async function startSeeder(options: LocalSwarmOptions): Promise<Seeder> {
  const { metainfo, folder, maxUploadBytesPerSecond = 0, host = LOOPBACK } = options;
  const client = await Client.open({ host, maxUploadBytesPerSecond });
  try {
    const server = await SessionServer.start(metainfo, {}, folder, { client, seed: true, isReadOnly: true });
    invariant(server !== null, 'a seeder that nobody disabled is disabled');
    // Asked for again while it starts; later a seeder that fails is one seeder less.
    server.done().catch(() => undefined);
    return { client, server };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** Until a tracker has answered; rejects when that fails, or the seeder ends before it. */
async function announced(server: SessionServer): Promise<void> {
  const notices = server.notices();
  if (server.snapshot().trackers.some(({ state }) => state === 'working')) return;
  for await (const notice of notices) {
    if (notice.type === 'tracker-answered') return;
    if (notice.type === 'tracker-failed') throw new Error(`${notice.url}: ${notice.message}`);
  }
  await server.done();
  throw new Error('a seeder ended before it announced itself');
}
