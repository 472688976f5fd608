// A swarm on this machine and nowhere else: some seeders of one torrent, each with its own client and port, as the demo and
// tests need it. They listen on the loopback address only; the torrent names the tracker where they are found.

import { randomBytes } from 'node:crypto';
import { Client, type ClientOptions } from '../engine/client.js';
import { Deferred } from '../engine/deferred.js';
import { SessionServer } from '../engine/session-server.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import { invariant } from '../model/error.js';
import { FaultyTransport } from './faulty-transport.js';
import { hasFaults, type WireFaults } from './wire-faults.js';

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
  /** For the first seeder and, where the range has them, the others; 0 or undefined: any free ones. */
  readonly port?: number;
  readonly lastPort?: number;
  /** What all seeders do wrong, but the last `honest` of them. */
  readonly faults?: WireFaults;
  /** Default 0. */
  readonly honest?: number;
  /** Of all chance in it: for replays. Random where it is not given. */
  readonly seed?: number;
}

export interface LocalSwarm {
  readonly ports: readonly number[];
  /** Bytes of payload that each seeder has sent, in the order of `ports`. */
  uploadedBytes(): number[];
  /** Rejects with what ended the first seeder that failed, such as data that has changed; never resolves. */
  readonly failed: Promise<never>;
  /** Ends the seeders in order: they tell the tracker, which is to be closed after them. */
  close(): Promise<void>;
}

interface Seeder {
  readonly client: Client;
  readonly server: SessionServer;
  /** Null: it is honest. */
  readonly faulty: FaultyTransport | null;
}

const LOOPBACK = '127.0.0.1';
/** Between the seeds of two seeders: more connections than one will ever have. */
const SEED_STEP = 100_003;

/** Resolves when every seeder has checked its data and has announced itself. Rejects with what kept one of them from it. */
export async function startLocalSwarm(options: LocalSwarmOptions): Promise<LocalSwarm> {
  const seeders: Seeder[] = [];
  const failed = new Deferred<never>();
  failed.promise.catch(() => undefined);
  const close = async (): Promise<void> => {
    await Promise.all(seeders.map(({ server }) => server.stop()));
    await Promise.all(seeders.map(({ client }) => client.close()));
  };
  try {
    for (let i = 0; i < options.seeders; i++) seeders.push(await startSeeder(options, i));
    for (const { server } of seeders) {
      await announced(server);
      server.done().catch((error: unknown) => failed.reject(error instanceof Error ? error : new Error(String(error))));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports: seeders.map(({ client }) => client.port ?? 0),
    uploadedBytes: () => seeders.map(({ server, faulty }) => server.snapshot().uploadedBytes - (faulty?.withheldBytes ?? 0)),
    failed: failed.promise,
    close,
  };
}

async function startSeeder(options: LocalSwarmOptions, index: number): Promise<Seeder> {
  const { metainfo, folder, maxUploadBytesPerSecond = 0, host = LOOPBACK } = options;
  const way = wayOf(options, index);
  const faulty = way.transport instanceof FaultyTransport ? way.transport : null;
  const client = await Client.open({ host, maxUploadBytesPerSecond, ...way });
  try {
    const server = await SessionServer.start(metainfo, {}, folder, {
      client,
      seed: true,
      isReadOnly: true,
      webSeedMode: 'never',
    });
    invariant(server !== null, 'a seeder that nobody disabled is disabled');
    // Asked for again while it starts; later a seeder that fails is one seeder less.
    server.done().catch(() => undefined);
    return { client, server, faulty };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** The ports, the chance and the faults of one seeder, for its client. */
function wayOf(options: LocalSwarmOptions, index: number): ClientOptions {
  const { metainfo, seeders, port = 0, lastPort = port, faults = {}, honest = 0 } = options;
  const seed = options.seed === undefined ? undefined : options.seed + index * SEED_STEP;
  const { v1: infoHash } = metainfo.infoHash;
  const isFaulty = hasFaults(faults) && index < seeders - honest && infoHash !== undefined;
  return {
    port,
    lastPort,
    ...(seed === undefined ? {} : { seed }),
    ...(isFaulty
      ? { encryption: 'off', transport: new FaultyTransport({ faults, infoHash, seed: seed ?? randomBytes(4).readUInt32LE() }) }
      : {}),
  };
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
