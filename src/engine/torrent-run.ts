// The working part of a started torrent: its session with everything that feeds it and does what it asks. Lives from the end of
// the disk check to the stop.

import type { DhtSnapshot } from '../discovery/dht/dht-notices.js';
import type { DhtSource } from '../discovery/dht/dht-source.js';
import type { DiscoveryNotice, PeerSource } from '../discovery/peer-source.js';
import type { TrackerSource } from '../discovery/tracker/tracker-source.js';
import type { TrackerSnapshot } from '../discovery/tracker/tracker-notices.js';
import type { Resolver } from '../io/resolver.js';
import type { Metainfo } from '../metainfo/metainfo.js';
import type { Address } from '../model/address.js';
import type { Bitfield } from '../model/bitfield.js';
import type { StorageError } from '../model/error.js';
import type { PeerKey, PieceIndex } from '../model/ids.js';
import { createRandom } from '../model/random.js';
import type { AddressSource } from '../session/events.js';
import type { Notice } from '../session/notices.js';
import { planHeld } from '../session/piece-plan.js';
import { Session } from '../session/session.js';
import type { SessionSnapshot } from '../session/snapshot.js';
import { PieceStore } from '../storage/piece-store.js';
import { BlockIntake } from './block-intake.js';
import { ActionExecutor } from './action-executor.js';
import type { Client } from './client.js';
import { CONFIG } from './config.js';
import { createDhtSource } from './dht-setup.js';
import { paceOf } from './download-pace.js';
import type { LibraryRun } from './library-peers.js';
import { LoopClock } from './loop-clock.js';
import { monotonicNow } from './monotonic-clock.js';
import { paddingRule } from './padding-blocks.js';
import { resolveHints } from './peer-hints.js';
import { PeerRoster } from './peer-roster.js';
import { SessionLoop } from './session-loop.js';
import { wireInfoHash, type SessionOptions } from './session-options.js';
import { choosePlan, withPaddingFor } from './file-selection.js';
import { emptySnapshot, sessionLimits } from './session-setup.js';
import type { OpenedDisk } from './torrent-disk.js';
import { createTrackerSource } from './tracker-setup.js';
import { UploadGate } from './upload-gate.js';
import { UploadPump } from './upload-pump.js';
import { USER_AGENT } from './version.js';
import { WebSeedRoster } from './web-seed-roster.js';
import { webSeedSources } from './web-seed-sources.js';

export interface TorrentRunHandler {
  onNotice(notice: Notice | DiscoveryNotice): void;
  onComplete(): void;
  onStorageError(error: StorageError): void;
  onCrash(error: unknown): void;
  /** A peer said or sent something. */
  onMessage(): void;
}

/** How the sources of peers stand. */
export interface SourceSnapshots {
  readonly trackers: readonly TrackerSnapshot[];
  /** Null where it is not used. */
  readonly dht: DhtSnapshot | null;
}

export class TorrentRun {
  readonly store: PieceStore;
  readonly peers: PeerRoster;
  /** What peers registered by a library user work with. */
  readonly library: LibraryRun;
  readonly #options: SessionOptions;
  readonly #resolver: Resolver;
  readonly #loop: SessionLoop;
  readonly #webSeeds: WebSeedRoster;
  readonly #trackers: TrackerSource | null;
  readonly #dht: DhtSource | null;
  readonly #sources: PeerSource[] = [];
  readonly #have: Bitfield;
  readonly #uploadGate: UploadGate;
  #snapshot: SessionSnapshot;
  #lastSources: SourceSnapshots | null = null;

  constructor(metainfo: Metainfo, client: Client, disk: OpenedDisk, options: SessionOptions, handler: TorrentRunHandler) {
    this.#options = options;
    this.#resolver = client.egress.resolver;
    this.#have = disk.have;
    this.#snapshot = emptySnapshot(metainfo, options);
    const { choice } = disk;
    const { geometry } = metainfo;
    const isPart = options.servesPart === true && !disk.have.isFull;
    // It may hold all, and serves nothing of it.
    const isReading = options.reader !== undefined;
    const random = createRandom(client.nextSeed());
    const meetsPeers = options.webSeedMode !== 'only';
    const isPadding = paddingRule(metainfo);
    this.store = new PieceStore({
      metainfo:
        choice === null
          ? metainfo
          : { ...metainfo, files: withPaddingFor(metainfo.files, new Set([...choice.targets, ...choice.kept])) },
      wanted: isPart ? disk.have : (choice?.wanted ?? null),
      storage: disk.storage,
      buffers: client.pieceBuffers,
      hasher: client.pieceHasher,
      have: disk.have,
      limits: CONFIG.storage,
      isPadding,
      listener: {
        onStored: (piece) => {
          this.#loop.dispatch({ type: 'piece-stored', piece });
          options.reader?.noteStored(piece);
        },
        onFile: (file) => {
          // Whose pieces go again has no whole files.
          if (options.reader === undefined) handler.onNotice({ type: 'file-finished', file });
        },
        onMismatch: (piece, blockDigests) => this.#loop.dispatch({ type: 'piece-mismatch', piece, blockDigests }),
        onDigests: (piece, blockDigests) => this.#loop.dispatch({ type: 'piece-digests', piece, blockDigests }),
        onFailed: (error) => handler.onStorageError(error),
        onCrash: (error) => this.#loop.crash(error),
      },
    });
    const settings = {
      plan: isPart ? planHeld(geometry, disk.have) : choosePlan(metainfo, choice, options),
      infoHash: metainfo.infoHash,
      geometry,
      limits: sessionLimits(client.maxConnections, client.pieceBuffers.budgetBytes, options),
      peerId: client.peerId,
      listenPort: client.announcedPort,
      clientVersion: USER_AGENT,
      infoBytes: metainfo.infoBytes,
      isPrivate: metainfo.isPrivate,
      usesPex: meetsPeers && options.usePex !== false,
      encryption: client.encryption,
      addressFilter: client.addressFilter,
      externalAddresses: client.externalAddresses,
      seeds: options.seed === true,
      superSeeds: options.superSeeding === true,
      reads: isReading,
      holdsRead: options.reader?.holdsAll === true,
      readable: options.reader?.readable ?? null,
    };
    // The store keeps the books: it reserves when a piece opens and releases when it closes. A forced piece has its memory
    // set aside with its first block.
    const budget = {
      reserve: (_bytes: number, force: boolean, piece: PieceIndex): boolean => this.store.open(piece) || force,
      release: (): void => {},
    };
    const clock = new LoopClock(monotonicNow, CONFIG.engine.maxClockStepMs);
    const pace = paceOf(client.downloadPacer, options.maxDownloadBytesPerSecond ?? 0);
    const session = new Session(settings, random, budget, isPadding, clock.now(null), pace);
    this.#uploadGate = UploadGate.ofRate(options.maxUploadBytesPerSecond ?? 0, client.uploadGate);
    this.#loop = new SessionLoop(session, clock, {
      execute: (action) => executor.execute(action),
      onCrash: (error) => handler.onCrash(error),
    });
    const infoHash = wireInfoHash(metainfo.infoHash);
    const intakeFor = (peer: PeerKey): BlockIntake => new BlockIntake(peer, this.#loop, this.store, geometry);
    const usesDht = meetsPeers && options.useDht !== false && !metainfo.isPrivate;
    this.peers = new PeerRoster({
      client,
      infoHash,
      loop: this.#loop,
      sinkFor: intakeFor,
      onWritable: (peer) => pump.onWritable(peer),
      onForgotten: (peer) => {
        this.store.dropSource(peer);
        pump.forget(peer);
      },
      maxPeers: settings.limits.maxPeers + CONFIG.swarm.newcomers,
      usesDht,
      onMessage: () => handler.onMessage(),
      onBadMessage: (notice) => handler.onNotice(notice),
    });
    const pump: UploadPump = new UploadPump({
      loop: this.#loop,
      store: this.store,
      gate: this.#uploadGate,
      portOf: (peer) => this.peers.portOf(peer),
      onStorageError: (error) => handler.onStorageError(error),
    });
    this.library = { roster: this.peers, loop: this.#loop, intakeFor, onMessage: () => handler.onMessage() };
    this.#trackers = createTrackerSource({
      tiers: meetsPeers && options.useTrackers !== false ? metainfo.announceTiers : [],
      origin: options.origin ?? null,
      infoHash,
      client,
      random,
      ...(options.announceTransport === undefined ? {} : { transport: options.announceTransport }),
      numbers: () => {
        const { uploadedBytes, downloadedBytes, announcedLeftBytes } = this.snapshot();
        return { uploaded: uploadedBytes, downloaded: downloadedBytes, left: announcedLeftBytes };
      },
      isPartialSeed: () => {
        const { isComplete, announcedLeftBytes } = this.snapshot();
        return isComplete && announcedLeftBytes > 0;
      },
      listener: {
        onAddresses: (addresses, peerIds) => {
          if (peerIds !== undefined) this.peers.expect(peerIds);
          this.addAddresses('tracker', addresses);
        },
        onNotice: (notice) => handler.onNotice(notice),
        onSeenAs: (host, tracker) => client.externalAddresses.hearFromTracker(tracker, host),
      },
    });
    if (this.#trackers !== null) this.#sources.push(this.#trackers);
    this.#webSeeds = new WebSeedRoster({
      metainfo,
      sources: webSeedSources(metainfo, options),
      client,
      loop: this.#loop,
      store: this.store,
      pace,
      intakeFor,
    });
    this.#dht = createDhtSource({
      client,
      infoHash,
      nodes: metainfo.nodes,
      origin: options.origin ?? null,
      isAllowed: usesDht,
      announces: true,
      hasOthers: this.#trackers !== null || (options.peers ?? []).length > 0,
      // Who seeds is to be found; who downloads looks for more where he has few.
      isNeeded: () => (this.store.isWhole && !isReading) || this.snapshot().peers.length < CONFIG.dht.enoughPeers,
      isSeed: () => !isReading && this.store.have.isFull,
      listener: {
        onAddresses: (addresses) => this.addAddresses('dht', addresses),
        onNotice: (notice) => handler.onNotice(notice),
      },
    });
    if (this.#dht !== null) this.#sources.push(this.#dht);
    const usesLsd = meetsPeers && options.useLsd !== false && !metainfo.isPrivate;
    const local = usesLsd ? client.localDiscovery : null;
    if (local !== null) {
      const onAddresses = (addresses: readonly Address[]): void => this.addAddresses('lsd', addresses);
      this.#sources.push(local.source(infoHash, true, { onAddresses, onNotice: () => {} }));
    }
    const executor: ActionExecutor = new ActionExecutor({
      roster: this.peers,
      store: this.store,
      pump,
      webSeeds: this.#webSeeds,
      sources: this.#sources,
      onNotice: (notice) => {
        if (notice.type === 'dial-failed') this.peers.noteFailure(notice.reason);
        handler.onNotice(notice);
      },
      onComplete: () => handler.onComplete(),
    });
  }

  /** Begins: tells the session what is there, dials the given peers, announces. */
  start(): void {
    this.#loop.dispatch({ type: 'checked', have: this.#have });
    this.#options.reader?.attach({ dispatch: (event) => this.#loop.dispatch(event), has: (piece) => this.store.have.has(piece) });
    this.#webSeeds.start();
    void resolveHints(this.#options.webSeedMode === 'only' ? [] : (this.#options.peers ?? []), this.#resolver, {
      onAddresses: (addresses, source) => this.addAddresses(source, addresses),
      onUnresolved: () => this.peers.noteFailure('unresolved'),
    });
    for (const source of this.#sources) source.start();
  }

  addAddresses(source: AddressSource, addresses: readonly Address[]): void {
    if (addresses.length > 0) this.#loop.dispatch({ type: 'addresses-found', source, addresses });
  }

  /** After a crash the last one that was taken. */
  snapshot(): SessionSnapshot {
    if (!this.#loop.hasCrashed) this.#snapshot = this.#loop.session.snapshot(this.#loop.now);
    return this.#snapshot;
  }

  /** After the stop as they stood before it: what came of them is asked for at the end. */
  sourceSnapshots(): SourceSnapshots {
    return this.#lastSources ?? { trackers: this.#trackers?.snapshot() ?? [], dht: this.#dht?.snapshot() ?? null };
  }

  /** Ends every connection at once; good-byes and writes in progress take as long as they are given. Not from within the loop. */
  async stop(farewellMs: number): Promise<void> {
    this.#lastSources = this.sourceSnapshots();
    this.#options.reader?.detach();
    this.#loop.dispatch({ type: 'stop' });
    this.#loop.end();
    this.peers.close();
    this.#uploadGate.close();
    this.#webSeeds.close();
    const farewell = Promise.all(this.#sources.map((source) => source.stop()));
    try {
      await this.store.close();
    } finally {
      await new Promise<void>((resolve, reject) => {
        // Not with a signal: to abort one takes half a millisecond, of a run that is over but for this.
        const limit = setTimeout(resolve, farewellMs);
        farewell.then(() => resolve(), reject).finally(() => clearTimeout(limit));
      });
    }
  }
}
