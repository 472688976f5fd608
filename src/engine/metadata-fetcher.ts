// A magnet link on its way to being a torrent: the shell around MetadataFetch, with the sources and connections that a session would
// have. It ends with the metadata and the addresses it met, so that the session that follows need not look for them again.

import { setTimeout as wait } from 'node:timers/promises';
import type { DhtSource } from '../discovery/dht/dht-source.js';
import type { DiscoveryNotice, PeerSource } from '../discovery/peer-source.js';
import type { TrackerSnapshot } from '../discovery/tracker/tracker-notices.js';
import { parseInfoBytes } from '../metainfo/info-dict.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Address } from '../model/address.js';
import type { InfoHash, PeerKey } from '../model/ids.js';
import { createRandom } from '../model/random.js';
import { torrentOrigin, type TorrentOrigin } from '../model/torrent-origin.js';
import type { PeerConnection, ConnectionSide } from '../net/peer-connection.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { AddressSource } from '../session/events.js';
import { MetadataFetch } from '../session/metadata-fetch.js';
import type { MetadataAction, MetadataEvent } from '../session/metadata-terms.js';
import type { Notice } from '../session/notices.js';
import type { BlockSink } from '../wire/block-sink.js';
import { infoHashKey, type Client, type IncomingTorrent } from './client.js';
import { CONFIG } from './config.js';
import { createDhtSource } from './dht-setup.js';
import { Deferred } from './deferred.js';
import { LoopClock } from './loop-clock.js';
import { MachineLoop } from './machine-loop.js';
import { monotonicNow } from './monotonic-clock.js';
import { NoMetadataError, SessionCrashedError } from './session-error.js';
import type { PeerHint, SessionOptions } from './session-options.js';
import { sessionLimits } from './session-setup.js';
import { SourceTally } from './source-tally.js';
import { explainSilence, type StallFacts } from './stall-report.js';
import { PeerRoster } from './peer-roster.js';
import { resolveHints } from './peer-hints.js';
import { fetchTorrentFile } from './torrent-fetch.js';
import { TorrentSources, type SourcedTorrent } from './torrent-sources.js';
import type { SourceSnapshots } from './torrent-run.js';
import { createTrackerSource } from './tracker-setup.js';
import { USER_AGENT } from './version.js';

export interface MetadataFetcherOptions extends Pick<
  SessionOptions,
  'peers' | 'useTrackers' | 'usePex' | 'useDht' | 'useLsd' | 'maxPeers' | 'announceTransport'
> {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
  readonly client: Client;
  /** BEP 12. */
  readonly announceTiers: readonly (readonly string[])[];
  /** BEP 19; only handed on. */
  readonly webSeeds: readonly string[];
  /** Web addresses of the torrent file (`xs` and `as`), asked besides the peers. Default none. */
  readonly sources?: readonly string[];
  /** A session follows at once, so the trackers are not told good-bye. Default false. */
  readonly isHandover?: boolean;
  /** 0 or undefined: no limit. */
  readonly timeoutMs?: number;
  readonly onNotice?: (notice: Notice | DiscoveryNotice) => void;
}

export interface FetchedMetadata {
  readonly metainfo: Metainfo;
  /** Where its peers are: for the session that follows. */
  readonly peers: readonly PeerHint[];
  /** The torrent file, where it came as one. */
  readonly bytes: Uint8Array | null;
  /** Of that file, for the session that follows; null where peers sent the metadata, so that nobody but the user named anything. */
  readonly origin: TorrentOrigin | null;
}

/** No block is expected before there are pieces. */
const NO_BLOCKS: BlockSink = { begin: () => false, write: () => {}, end: () => {} };

/** What is announced as missing while nobody knows: a tracker that hears 0 takes us for a seed. */
const UNKNOWN_LEFT = 16_384;

export class MetadataFetcher implements IncomingTorrent {
  readonly infoHash: InfoHash;
  readonly #options: MetadataFetcherOptions;
  readonly #loop: MachineLoop<MetadataEvent, MetadataAction, MetadataFetch>;
  readonly #roster: PeerRoster;
  readonly #sources: PeerSource[] = [];
  readonly #tally: SourceTally;
  readonly #trackerSnapshots: () => TrackerSnapshot[];
  readonly #dht: DhtSource | null;
  readonly #files: TorrentSources;
  readonly #infoBytes = new Deferred<Uint8Array>();
  /** What came as a file, and not from peers. */
  #file: SourcedTorrent | null = null;
  #isEnded = false;
  /** As they stood before the end. */
  #lastSources: SourceSnapshots | null = null;

  constructor(options: MetadataFetcherOptions) {
    const { client, infoHash } = options;
    this.#options = options;
    this.infoHash = { v1: infoHash };
    this.#tally = new SourceTally({
      pex: options.usePex !== false,
      lsd: options.useLsd !== false && client.localDiscovery !== null,
      listener: client.port !== null,
    });
    const limits = sessionLimits(client.maxConnections, client.pieceBuffers.budgetBytes, options);
    const random = createRandom(client.nextSeed());
    const clock = new LoopClock(monotonicNow, CONFIG.engine.maxClockStepMs);
    const machine = new MetadataFetch(
      {
        infoHash,
        peerId: client.peerId,
        listenPort: client.announcedPort,
        clientVersion: USER_AGENT,
        limits,
        metadata: CONFIG.metadata,
        usesPex: options.usePex !== false,
        encryption: client.encryption,
        addressFilter: client.addressFilter,
        externalAddresses: client.externalAddresses,
      },
      random,
      clock.now(null),
    );
    this.#loop = new MachineLoop(machine, clock, {
      execute: (action) => this.#execute(action),
      onCrash: (cause) => this.#infoBytes.reject(this.#crashError(cause)),
    });
    this.#roster = new PeerRoster({
      client,
      infoHash,
      loop: this.#loop,
      sinkFor: () => NO_BLOCKS,
      onWritable: () => {},
      onForgotten: () => {},
      maxPeers: limits.maxPeers + CONFIG.swarm.newcomers,
      usesDht: options.useDht !== false,
      onMessage: () => {},
      onBadMessage: (notice) => options.onNotice?.(notice),
    });
    const trackers = createTrackerSource({
      tiers: options.useTrackers === false ? [] : options.announceTiers,
      origin: null,
      infoHash,
      client,
      random,
      ...(options.announceTransport === undefined ? {} : { transport: options.announceTransport }),
      numbers: () => ({ uploaded: 0, downloaded: 0, left: UNKNOWN_LEFT }),
      listener: {
        onAddresses: (addresses, peerIds) => {
          if (peerIds !== undefined) this.#roster.expect(peerIds);
          this.#addAddresses('tracker', addresses);
        },
        onNotice: (notice) => options.onNotice?.(notice),
        onSeenAs: (host, tracker) => client.externalAddresses.hearFromTracker(tracker, host),
      },
    });
    if (trackers !== null) this.#sources.push(trackers);
    const { maxSources, parallelSources } = CONFIG.download;
    this.#files = new TorrentSources({
      urls: options.sources ?? [],
      infoHash,
      fetch: (url, signal) => fetchTorrentFile(url, client.egress, signal),
      limits: { maxUrls: maxSources, parallel: parallelSources },
    });
    this.#dht = createDhtSource({
      client,
      infoHash,
      nodes: [],
      origin: null,
      isAllowed: options.useDht !== false,
      // Whether the torrent is private shows with its metadata only; what was found is forgotten then.
      announces: false,
      hasOthers: trackers !== null || (options.peers ?? []).length > 0,
      isNeeded: () => true,
      isSeed: () => false,
      listener: {
        onAddresses: (addresses) => this.#addAddresses('dht', addresses),
        onNotice: (notice) => options.onNotice?.(notice),
      },
    });
    if (this.#dht !== null) this.#sources.push(this.#dht);
    const local = options.useLsd === false ? null : client.localDiscovery;
    if (local !== null) {
      const onAddresses = (addresses: readonly Address[]): void => this.#addAddresses('lsd', addresses);
      this.#sources.push(local.source(infoHash, false, { onAddresses, onNotice: () => {} }));
    }
    this.#trackerSnapshots = () => trackers?.snapshot() ?? [];
  }

  /**
   * Resolves with the metadata, its hash checked. Rejects with NoMetadataError when the time is up, MetainfoError where the
   * metadata is right and no usable torrent, the reason of `signal`, or SessionCrashedError. To be called once.
   */
  async fetch(signal?: AbortSignal): Promise<FetchedMetadata> {
    const { client, timeoutMs = 0, announceTiers, webSeeds } = this.#options;
    client.register(this);
    const timer = new AbortController();
    const onAbort = (): void => this.#infoBytes.reject(toError(signal?.reason));
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    const limit = timeoutMs > 0 ? [this.#giveUpAfter(timeoutMs, timer.signal)] : [];
    try {
      this.#start();
      const infoBytes = await Promise.race([this.#infoBytes.promise, ...limit]);
      const fields = parseInfoBytes(infoBytes);
      const addresses = this.#loop.machine.addresses(fields.isPrivate);
      await this.#end(this.#options.isHandover === true);
      const metainfo: Metainfo = { ...fields, announceTiers, webSeeds, nodes: [] };
      const peers = addresses.map(({ host, port }) => ({ host, port }));
      const file = this.#file;
      if (file === null) return { metainfo, peers, bytes: null, origin: null };
      const origin = torrentOrigin(file.server, [...announceTiers.flat(), ...webSeeds]);
      return { metainfo: joinFile(metainfo, file.metainfo), peers, bytes: file.bytes, origin };
    } finally {
      timer.abort();
      signal?.removeEventListener('abort', onAbort);
      await this.#end(false);
      client.unregister(this);
    }
  }

  /** How it stands, for people. */
  facts(): StallFacts {
    const { peers, sources: withMetadata, ...counts } = this.#loop.machine.progress();
    return {
      ...counts,
      ...(this.#lastSources ?? this.#sourceSnapshots()),
      dialFailures: this.#roster.dialFailures,
      connected: peers,
      withMetadata,
      sources: this.#tally.counts(),
      files: this.#files.facts(),
    };
  }

  #sourceSnapshots(): SourceSnapshots {
    return { trackers: this.#trackerSnapshots(), dht: this.#dht?.snapshot() ?? null };
  }

  /** For the client's listener. */
  onIncoming(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null {
    return this.#isEnded ? null : this.#roster.accept(connection);
  }

  #start(): void {
    const { peers = [] } = this.#options;
    void resolveHints(peers, this.#options.client.egress.resolver, {
      onAddresses: (addresses, source) => this.#addAddresses(source, addresses),
      onUnresolved: () => this.#roster.noteFailure('unresolved'),
    });
    for (const source of this.#sources) source.start();
    void this.#askFiles();
  }

  /** A torrent file is as good as what peers send; that none comes is an end only where there is nobody else. */
  async #askFiles(): Promise<void> {
    if (this.#files.facts().urls === 0) return;
    try {
      this.#file = await this.#files.find();
      if (this.#file !== null) this.#infoBytes.resolve(this.#file.metainfo.infoBytes);
      else if (this.#sources.length === 0 && (this.#options.peers ?? []).length === 0)
        this.#infoBytes.reject(this.#noMetadata(0));
    } catch (error) {
      this.#infoBytes.reject(this.#crashError(error));
    }
  }

  #addAddresses(source: AddressSource, addresses: readonly Address[]): void {
    if (addresses.length > 0) this.#loop.dispatch({ type: 'addresses-found', source, addresses });
  }

  #execute(action: MetadataAction): void {
    switch (action.type) {
      case 'dial':
        void this.#roster.dial(action.address, action.isEncrypted);
        return;
      case 'disconnect':
        this.#port(action.peer)?.close(action.reason);
        return;
      case 'send':
        this.#port(action.peer)?.send(action.message);
        return;
      case 'more-peers':
        for (const source of this.#sources) source.requestPeers();
        return;
      case 'notice':
        if (action.notice.type === 'dial-failed') this.#roster.noteFailure(action.notice.reason);
        this.#tally.note(action.notice);
        this.#options.onNotice?.(action.notice);
        return;
      case 'complete':
        this.#infoBytes.resolve(action.infoBytes);
        return;
      default:
        action satisfies never;
    }
  }

  #port(peer: PeerKey): ReturnType<PeerRoster['portOf']> {
    return this.#roster.portOf(peer);
  }

  async #giveUpAfter(timeoutMs: number, signal: AbortSignal): Promise<never> {
    try {
      await wait(timeoutMs, undefined, { signal });
    } catch {
      // It was over before.
      return new Promise<never>(() => {});
    }
    throw this.#noMetadata(timeoutMs);
  }

  /** `timeoutMs` 0: there is nobody left to ask. */
  #noMetadata(timeoutMs: number): NoMetadataError {
    const explanation = explainSilence(this.facts());
    const within = timeoutMs > 0 ? ` within ${timeoutMs / 1000} s` : '';
    return new NoMetadataError(`no metadata came${within}: ${explanation}`, { timeoutMs, explanation });
  }

  async #end(isHandover: boolean): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#lastSources = this.#sourceSnapshots();
    this.#files.stop();
    this.#loop.end();
    this.#roster.close();
    if (isHandover) for (const source of this.#sources) source.abandon();
    else await Promise.all(this.#sources.map((source) => source.stop()));
  }

  #crashError(cause: unknown): SessionCrashedError {
    const infoHash = infoHashKey(this.infoHash);
    return new SessionCrashedError(`the fetch of ${infoHash} crashed: this is a bug of effusion`, { infoHash }, { cause });
  }
}

/** The link's own trackers and web seeds come first. */
function joinFile(link: Metainfo, file: Metainfo): Metainfo {
  const known = new Set(link.announceTiers.flat());
  const tiers = file.announceTiers.map((tier) => tier.filter((url) => !known.has(url))).filter((tier) => tier.length > 0);
  return {
    ...file,
    announceTiers: [...link.announceTiers, ...tiers],
    webSeeds: [...new Set([...link.webSeeds, ...file.webSeeds])],
  };
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
