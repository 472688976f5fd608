// A seeder in this process that serves a torrent and misbehaves where it is told to: for tests and, later, `effusion swarm`.
// It shares net/ and wire/ with effusion and nothing of its session, and listens only: whoever wants its data dials it.

import { randomBytes } from 'node:crypto';
import type { Metainfo } from '../metainfo/metainfo.js';
import { formatAddress } from '../model/address.js';
import { invariant } from '../model/error.js';
import { toHex, type PeerId } from '../model/ids.js';
import { Listener } from '../net/listener.js';
import type { ConnectionSide, PeerConnection } from '../net/peer-connection.js';
import { TokenBucket } from '../net/rate-limiter.js';
import { TcpTransport } from '../net/tcp.js';
import type { Transport } from '../net/transport.js';
import { FilePaths } from '../storage/file-paths.js';
import { FileStorage } from '../storage/file-storage.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { OpenFiles } from '../storage/open-files.js';
import type { Storage } from '../storage/storage.js';
import { makePeerId, PEER_ID_RANDOM_BYTES } from '../wire/peer-id.js';
import { FaultyConnection, type SeederCounts } from './faulty-connection.js';
import type { SeederFaults } from './seeder-faults.js';

export interface FaultySeederOptions {
  readonly metainfo: Metainfo;
  /** All the torrent's bytes, files end to end; or the folder that holds NAME. It is not checked. */
  readonly content: Uint8Array | string;
  /** Numeric; default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  readonly faults?: SeederFaults;
  /** Whether it speaks BEP 6; default true. */
  readonly hasFast?: boolean;
  /** TCP where it is not given. */
  readonly transport?: Transport;
}

/** Strict enough for a test tool that may stand in front of strangers; the numbers of BEP 3's usual clients. */
const LIMITS = {
  maxMessageBytes: 1_048_576,
  maxBlockBytes: 131_072,
  maxExtendedBytes: 65_536,
  handshakeTimeoutMs: 10_000,
  maxWritableBytes: 262_144,
  maxUnsentBytes: 8_388_608,
};
const MAX_PENDING_INCOMING = 50;
const MAX_CONNECTIONS = 200;
const RECEIVE_BUFFER_BYTES = 65_536;
const MAX_OPEN_FILES = 8;
/** Nothing is written, so that no slice is ever compared with it. */
const SYNC_WRITE_BYTES = 0;
const VERSION_IN_PEER_ID = '0.0.0';

export class FaultySeeder {
  /** May be changed while it runs. */
  readonly faults: SeederFaults;
  /** Grows as it serves. */
  readonly counts: SeederCounts = { peersMet: 0, requests: 0, blocks: 0, payloadBytes: 0, corruptBlocks: 0, refusals: 0 };
  readonly host: string;
  readonly peerId: PeerId;
  readonly #options: FaultySeederOptions;
  readonly #infoHash: Uint8Array;
  readonly #storage: Storage;
  readonly #bucket = new TokenBucket(Infinity, LIMITS.maxBlockBytes);
  readonly #connections = new Set<FaultyConnection>();
  #listener: Listener | null = null;
  /** The first error that was nobody's fault but ours, or the disk's; `close` rejects with it. */
  #failure: unknown = null;

  private constructor(options: FaultySeederOptions) {
    const { metainfo, content } = options;
    const infoHash = metainfo.infoHash.v1;
    invariant(infoHash !== undefined, 'the faulty seeder serves v1 torrents only');
    this.#options = options;
    this.#infoHash = infoHash;
    this.faults = options.faults ?? {};
    this.host = options.host ?? '127.0.0.1';
    this.peerId = makePeerId(new Uint8Array(randomBytes(PEER_ID_RANDOM_BYTES)), VERSION_IN_PEER_ID);
    this.#storage = typeof content === 'string' ? openFolder(metainfo, content) : openMemory(metainfo, content);
  }

  /** Resolves once it listens; rejects with PortTakenError where the port is taken. */
  static async open(options: FaultySeederOptions): Promise<FaultySeeder> {
    const seeder = new FaultySeeder(options);
    const transport = options.transport ?? new TcpTransport({ receiveBufferBytes: RECEIVE_BUFFER_BYTES });
    seeder.#listener = await Listener.open(
      transport,
      { port: options.port ?? 0, host: seeder.host, maxPendingIncoming: MAX_PENDING_INCOMING, limits: LIMITS },
      {
        onIncoming: (infoHash, connection) => seeder.#accept(infoHash, connection),
        onFault: (error) => {
          seeder.#failure ??= error;
        },
      },
    );
    return seeder;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** `127.0.0.1:6881`, as errors and `--peer` write it. */
  get address(): string {
    const family = this.host.includes(':') ? 6 : 4;
    return formatAddress({ host: this.host, port: this.port, family });
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Cuts every connection and stops listening. Rejects with what went wrong in the seeder itself, where something did. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await this.#listener?.close();
    this.#storage.close();
    if (this.#failure !== null) throw this.#failure;
  }

  #accept(infoHash: Uint8Array, connection: PeerConnection): ConnectionSide | null {
    if (toHex(infoHash) !== toHex(this.#infoHash) || this.#connections.size >= MAX_CONNECTIONS) return null;
    const { metainfo, hasFast = true } = this.#options;
    const own = new FaultyConnection(connection, {
      geometry: metainfo.geometry,
      storage: this.#storage,
      faults: this.faults,
      counts: this.counts,
      bucket: this.#bucket,
      onClosed: (closed) => this.#connections.delete(closed),
      onFault: (error) => {
        this.#connections.delete(own);
        this.#failure ??= error;
      },
    });
    this.#connections.add(own);
    return own.side({
      infoHash: this.#infoHash,
      peerId: this.peerId,
      features: { fast: hasFast, extended: false, dht: false },
    });
  }
}

function openMemory(metainfo: Metainfo, content: Uint8Array): Storage {
  const storage = new MemoryStorage(metainfo.files);
  storage.write(0, content, 0, content.length);
  return storage;
}

function openFolder(metainfo: Metainfo, folder: string): Storage {
  return new FileStorage({
    files: metainfo.files,
    paths: new FilePaths(folder, metainfo),
    openFiles: new OpenFiles(MAX_OPEN_FILES),
    finished: new Set(metainfo.files.keys()),
    syncWriteBytes: SYNC_WRITE_BYTES,
    fsync: false,
  });
}
