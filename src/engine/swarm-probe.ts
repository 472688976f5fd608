// Who is in a swarm, looked at from outside for some seconds: asks every source of peers at once, dials whom they name, and ends when all
// is known or the time is up. For `effusion peers` and `effusion doctor`; no session, nothing is downloaded.

import type { DhtService } from '../discovery/dht/dht-service.js';
import type { PeerSource } from '../discovery/peer-source.js';
import { addressKey, type Address } from '../model/address.js';
import { isDialable } from '../model/address-scope.js';
import { Bitfield } from '../model/bitfield.js';
import type { InfoHash } from '../model/ids.js';
import type { TorrentOrigin } from '../model/torrent-origin.js';
import type { MetainfoNode } from '../metainfo/metainfo.js';
import type { ConnectionSide, PeerConnection } from '../net/peer-connection.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { AddressSource } from '../session/events.js';
import type { Client, IncomingTorrent } from './client.js';
import { CONFIG } from './config.js';
import { Deferred } from './deferred.js';
import { createDhtSource } from './dht-setup.js';
import { monotonicNow } from './monotonic-clock.js';
import { resolveHints } from './peer-hints.js';
import { PeerProbe, type ProbeTerms } from './peer-probe.js';
import type { PeerHint } from './session-options.js';
import { TrackerCheck, type TrackerFinding } from './tracker-check.js';

export interface SwarmProbeOptions {
  readonly client: Client;
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  /** Null where the metadata is not known. */
  readonly pieceCount: number | null;
  /** BEP 27: its trackers alone. */
  readonly isPrivate: boolean;
  readonly announceTiers: readonly (readonly string[])[];
  readonly nodes: readonly MetainfoNode[];
  /** Of the torrent that names trackers and nodes; null: the user's own. */
  readonly origin: TorrentOrigin | null;
  readonly peers: readonly PeerHint[];
  readonly useTrackers: boolean;
  readonly useDht: boolean;
  readonly useLsd: boolean;
  readonly usePex: boolean;
  /** Peers that are dialled; the others are listed only. */
  readonly maxDials: number;
  readonly timeoutMs: number;
  /** Ends it before its time. */
  readonly signal: AbortSignal;
}

/** Of the DHT; null: it was not asked. */
export interface DhtFinding {
  /** `failed`: no socket. `starting`: no node has answered. */
  readonly state: 'failed' | 'starting' | 'running';
  /** Nodes that are believed to be there, by family. */
  readonly nodes: { readonly v4: number; readonly v6: number };
  /** Addresses of peers that it named. */
  readonly peers: { readonly v4: number; readonly v6: number };
  /** Of the whole search; null where it did not come to its end. */
  readonly searchMs: number | null;
}

export interface SwarmReport {
  /** As they were found, ourselves left out. */
  readonly peers: readonly PeerProbe[];
  /** In the torrent's order. */
  readonly trackers: readonly TrackerFinding[];
  readonly dht: DhtFinding | null;
  /** Peers that came by themselves. */
  readonly incoming: number;
  /** Pieces that somebody has who was reached; null where nobody can say. */
  readonly available: Bitfield | null;
  /** Somebody who was reached has all of it, or several together have. */
  readonly isWhole: boolean;
  readonly elapsedMs: number;
}

const TICK_MS = 50;

export class SwarmProbe implements IncomingTorrent {
  readonly infoHash: InfoHash;
  readonly #options: SwarmProbeOptions;
  readonly #terms: ProbeTerms;
  readonly #trackers: readonly TrackerCheck[];
  readonly #sources: PeerSource[] = [];
  readonly #probes = new Map<string, PeerProbe>();
  readonly #incoming: PeerProbe[] = [];
  readonly #queue: PeerProbe[] = [];
  readonly #dhtPeers = { v4: 0, v6: 0 };
  readonly #cut = new AbortController();
  readonly #crash = new Deferred<never>();
  readonly #usesLsd: boolean;
  #dhtState: 'off' | 'asked' | 'failed' | 'through' = 'off';
  #dhtMs: number | null = null;
  #dhtService: DhtService | null = null;
  #unresolved = 0;
  #dials = 0;
  #dialling = 0;
  #changedAt = monotonicNow();
  #startedAt = monotonicNow();

  constructor(options: SwarmProbeOptions) {
    const { client, infoHash, isPrivate, pieceCount } = options;
    this.#options = options;
    this.infoHash = { v1: infoHash };
    this.#crash.promise.catch(() => undefined);
    const onChange = (): void => {
      this.#changedAt = monotonicNow();
    };
    this.#terms = {
      client,
      infoHash,
      pieceCount,
      usesPex: options.usePex && !isPrivate,
      signal: this.#cut.signal,
      onAddresses: (addresses) => this.#add('pex', addresses),
      onChange,
      onCrash: (error) => this.#crash.reject(error instanceof Error ? error : new Error(String(error))),
    };
    const urls = options.useTrackers ? [...new Set(options.announceTiers.flat())] : [];
    const onAddresses = (addresses: readonly Address[]): void => this.#add('tracker', addresses);
    this.#trackers = urls
      .slice(0, CONFIG.probe.maxTrackers)
      .map((url) => new TrackerCheck({ url, origin: options.origin, infoHash, client, onAddresses, onChange }));
    const local = options.useLsd && !isPrivate ? client.localDiscovery : null;
    this.#usesLsd = local !== null;
    if (local !== null) {
      const onNeighbours = (addresses: readonly Address[]): void => this.#add('lsd', addresses);
      // Who only listened would wait five minutes for the next announce of another.
      this.#sources.push(local.source(infoHash, pieceCount !== null, { onAddresses: onNeighbours, onNotice: () => {} }));
    }
    this.#addDht();
  }

  /** How far it is, for a line that is drawn. */
  get progress(): {
    readonly addresses: number;
    readonly connected: number;
    readonly answered: number;
    readonly trackers: number;
  } {
    const probes = this.#listed();
    return {
      addresses: probes.length,
      connected: probes.filter(({ facts }) => facts !== null).length,
      answered: this.#trackers.filter(({ isThrough }) => isThrough).length,
      trackers: this.#trackers.length,
    };
  }

  /** To be called once. Rejects with what is a bug of ours only. */
  async run(): Promise<SwarmReport> {
    const { client, peers, signal, timeoutMs } = this.#options;
    const over = new Deferred<void>();
    this.#startedAt = monotonicNow();
    client.register(this);
    const timer = setTimeout(() => over.resolve(), timeoutMs);
    const ticker = setInterval(() => {
      if (this.#isThrough()) over.resolve();
    }, TICK_MS);
    const onAbort = (): void => over.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      for (const tracker of this.#trackers) tracker.start();
      for (const source of this.#sources) source.start();
      this.#unresolved = peers.length > 0 ? 1 : 0;
      void resolveHints(peers, client.egress.resolver, {
        onAddresses: (addresses, source) => this.#add(source, addresses),
        onUnresolved: () => {},
      }).finally(() => {
        this.#unresolved = 0;
      });
      await Promise.race([over.promise, this.#crash.promise]);
      return this.#report();
    } finally {
      clearTimeout(timer);
      clearInterval(ticker);
      signal.removeEventListener('abort', onAbort);
      this.#cut.abort();
      client.unregister(this);
      for (const probe of [...this.#probes.values(), ...this.#incoming]) probe.close();
      await Promise.all([...this.#trackers, ...this.#sources].map((source) => source.stop()));
    }
  }

  /** For the client's listener. */
  onIncoming(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null {
    if (this.#incoming.length >= CONFIG.probe.maxDials) return null;
    const probe = new PeerProbe(connection.remote, 'incoming', this.#terms);
    const side = probe.accept(connection);
    if (side !== null) this.#incoming.push(probe);
    return side;
  }

  #addDht(): void {
    const { client, infoHash, isPrivate, nodes, origin, useDht } = this.#options;
    const source = createDhtSource({
      client,
      infoHash,
      nodes,
      origin,
      isAllowed: useDht && !isPrivate,
      // What is announced there stays for half an hour, and nobody can take it back.
      announces: false,
      hasOthers: false,
      isNeeded: () => true,
      isSeed: () => false,
      listener: {
        onAddresses: (addresses) => {
          for (const { family } of addresses) this.#dhtPeers[family === 4 ? 'v4' : 'v6']++;
          this.#add('dht', addresses);
        },
        onNotice: (notice) => {
          if (notice.type === 'dht-failed') this.#dhtState = 'failed';
          else if (notice.type === 'dht-searched') {
            this.#dhtState = 'through';
            this.#dhtMs = notice.elapsedMs;
          }
        },
      },
    });
    if (source === null) return;
    this.#dhtState = 'asked';
    this.#sources.push(source);
    client.dht?.onOpen((service) => {
      this.#dhtService = service;
    });
  }

  #add(source: AddressSource, addresses: readonly Address[]): void {
    const { client, maxDials } = this.#options;
    const isNamed = source === 'user';
    for (const address of addresses) {
      const key = addressKey(address);
      const known = this.#probes.get(key);
      known?.sources.add(source);
      if (known !== undefined || !isDialable(address) || this.#probes.size >= CONFIG.probe.maxAddresses) continue;
      if (!isNamed && client.addressFilter.blocks(address)) continue;
      const probe = new PeerProbe(address, source, this.#terms);
      this.#probes.set(key, probe);
      this.#terms.onChange();
      if (this.#dials < maxDials) {
        this.#dials++;
        this.#queue.push(probe);
      }
    }
    this.#dialNext();
  }

  #dialNext(): void {
    while (this.#dialling < CONFIG.probe.parallel && !this.#cut.signal.aborted) {
      const probe = this.#queue.shift();
      if (probe === undefined) return;
      this.#dialling++;
      void this.#dial(probe);
    }
  }

  async #dial(probe: PeerProbe): Promise<void> {
    await probe.dial();
    this.#dialling--;
    this.#dialNext();
  }

  #isThrough(): boolean {
    const now = monotonicNow();
    const isFound =
      this.#unresolved === 0 &&
      this.#trackers.every(({ isThrough }) => isThrough) &&
      this.#dhtState !== 'asked' &&
      (!this.#usesLsd || now - this.#startedAt >= CONFIG.probe.lsdMs);
    const isMet = this.#dialling === 0 && this.#queue.length === 0 && this.#incoming.every(({ isThrough }) => isThrough);
    return isFound && isMet && now - this.#changedAt >= CONFIG.probe.quietMs;
  }

  #listed(): PeerProbe[] {
    const come = this.#incoming.filter(({ facts }) => facts !== null);
    return [...this.#probes.values(), ...come].filter(({ result }) => result !== 'self-connection');
  }

  #report(): SwarmReport {
    const { pieceCount } = this.#options;
    const peers = this.#listed();
    const available = pieceCount === null ? null : unionOf(peers, pieceCount);
    return {
      peers,
      trackers: this.#trackers.map(({ finding }) => finding),
      dht: this.#dhtFinding(),
      incoming: this.#incoming.filter(({ facts }) => facts !== null).length,
      available,
      isWhole: available?.isFull ?? peers.some(({ facts }) => facts?.progress === 1),
      elapsedMs: monotonicNow() - this.#startedAt,
    };
  }

  #dhtFinding(): DhtFinding | null {
    if (this.#dhtState === 'off') return null;
    const service = this.#dhtService;
    const nodes = { v4: service?.nodesOf(4) ?? 0, v6: service?.nodesOf(6) ?? 0 };
    const state = this.#dhtState === 'failed' ? 'failed' : nodes.v4 + nodes.v6 > 0 ? 'running' : 'starting';
    return { state, nodes, peers: { ...this.#dhtPeers }, searchMs: this.#dhtMs };
  }
}

function unionOf(peers: readonly PeerProbe[], pieceCount: number): Bitfield {
  const union = new Uint8Array(Math.ceil(pieceCount / 8));
  for (const { facts } of peers) {
    const have = facts?.have ?? null;
    if (have === null) continue;
    if (have.isFull) return have;
    for (const [i, byte] of have.toBytes().entries()) union[i] |= byte;
  }
  return Bitfield.fromBytes(union, pieceCount) ?? new Bitfield(pieceCount);
}
