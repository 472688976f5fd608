// One torrent, from start to end: takes its folder, checks what is there, runs until the data is whole, it is stopped, or it
// fails, and leaves things in order. What a library user starts, awaits, feeds with messages and stops.

import { setImmediate } from 'node:timers/promises';
import type { Metainfo } from '../metainfo/metainfo.js';
import { StorageError } from '../model/error.js';
import type { InfoHash, PeerId } from '../model/ids.js';
import type { ConnectionSide, PeerConnection } from '../net/peer-connection.js';
import type { DiscoveryNotice } from '../discovery/peer-source.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { Notice } from '../session/notices.js';
import type { Message } from '../wire/message.js';
import { Client, infoHashKey, type IncomingTorrent } from './client.js';
import { CONFIG } from './config.js';
import { Deferred, waitFor } from './deferred.js';
import { LibraryPeers } from './library-peers.js';
import { monotonicNow } from './monotonic-clock.js';
import { NoticeQueue } from './notice-queue.js';
import { IncompleteDataError, SessionCrashedError, SourcesExhaustedError } from './session-error.js';
import { validateStart, type LocalServer, type SessionOptions } from './session-options.js';
import { crashedError, emptySnapshot, exhaustedDetail, incompleteData, tallyFor } from './session-setup.js';
import { noticeRank, sourcesMet, type Phase, type ServerNotice, type ServerSnapshot } from './server-snapshot.js';
import type { SourceTally } from './source-tally.js';
import { deserted, MAY_DESERT, neverMet, stalled, tooSlow, watchedState } from './starved-ends.js';
import { TorrentDisk, type OpenedDisk } from './torrent-disk.js';
import { TorrentRun } from './torrent-run.js';
import { Watchdog } from './watchdog.js';

export type DownloadResult =
  | {
      readonly status: 'complete';
      /** Everything was there before: no connection was made. */
      readonly alreadyComplete: boolean;
      /** The torrent's file or folder; empty where it is in memory. */
      readonly paths: readonly string[];
      readonly totalBytes: number;
      readonly downloadedBytes: number;
      readonly uploadedBytes: number;
      readonly elapsedMs: number;
    }
  | { readonly status: 'stopped'; readonly reason: string };

export class SessionServer implements IncomingTorrent {
  readonly metainfo: Metainfo;
  readonly #client: Client;
  readonly #options: SessionOptions;
  readonly #disk: TorrentDisk;
  readonly #library: LibraryPeers;
  readonly #done = new Deferred<DownloadResult>();
  readonly #notices = new NoticeQueue<ServerNotice>(CONFIG.engine.maxQueuedNotices, noticeRank);
  readonly #checking = new AbortController();
  readonly #tally: SourceTally;
  readonly #startedAt = monotonicNow();
  #endedAt: number | null = null;
  #run: TorrentRun | null = null;
  #watchdog: Watchdog | null = null;
  #resumeTimer: NodeJS.Timeout | null = null;
  #phase: Phase = 'checking';
  #check = { checkedBytes: 0, bytesToCheck: 0 };
  #wasComplete = false;
  /** What was chosen is whole and has its names. The store is whole a moment earlier: a name may take long, or fail. */
  #isComplete = false;
  #working: Promise<void> | null = null;
  #ending: Promise<void> | null = null;

  private constructor(metainfo: Metainfo, client: Client, folder: string | null, options: SessionOptions) {
    this.metainfo = metainfo;
    this.#client = client;
    this.#options = options;
    this.#tally = tallyFor(metainfo, client, options);
    this.#library = new LibraryPeers(client.peerId, infoHashKey(metainfo.infoHash));
    this.#disk = new TorrentDisk({ metainfo, folder, client, options });
  }

  /**
   * Starts a torrent: `metainfo` of `parseTorrentFile`, into `folder` (null: memory). Resolves once everything is validated and
   * the folder is taken, before anything is announced; null where `enabled` is false. Rejects with InvalidArgumentError,
   * AlreadyStartedError, PortTakenError, a StorageError (`EINUSE`: another run has the folder), or the reason of an owner's
   * signal that has ended, leaving nothing behind.
   */
  static async start(
    metainfo: Metainfo,
    local: LocalServer,
    folder: string | null,
    options: SessionOptions = {},
  ): Promise<SessionServer | null> {
    validateStart(metainfo, local, folder, options);
    if (options.enabled === false) return null;
    const ownerSignal = options.owner?.signal;
    ownerSignal?.throwIfAborted();
    const { listen = true, encryption } = options;
    const client =
      options.client ?? (await Client.open({ ...local, listen, ...(encryption === undefined ? {} : { encryption }) }));
    let server: SessionServer | null = null;
    try {
      ownerSignal?.throwIfAborted();
      server = new SessionServer(metainfo, client, folder, options);
      client.register(server);
      server.#disk.lock();
    } catch (error) {
      if (server !== null) client.unregister(server);
      if (options.client === undefined) await client.close();
      throw error;
    }
    ownerSignal?.addEventListener('abort', server.#onOwnerEnd, { once: true });
    server.#working = server.#work();
    return server;
  }

  get infoHash(): InfoHash {
    return this.metainfo.infoHash;
  }

  /** The port others reach us on; null when not listening. */
  get port(): number | null {
    return this.#client.port;
  }

  /**
   * How it ended: `complete` when the last piece is verified and on disk, `stopped` when it was stopped before. Rejects with
   * StorageError, NoPeersError, StalledError, SourcesExhaustedError, IncompleteDataError or SessionCrashedError. One outcome for
   * all callers, also late ones; `signal` ends the waiting, not the download.
   */
  done({ signal }: { readonly signal?: AbortSignal } = {}): Promise<DownloadResult> {
    return signal === undefined ? this.#done.promise : waitFor(this.#done.promise, signal);
  }

  /**
   * Ends it: `stopped` is announced (2 s at most), data and state are flushed (5 s at most). Harmless when repeated, or when it
   * has ended. Never rejects.
   */
  async stop(reason = 'stopped'): Promise<void> {
    const isWhole = this.#phase === 'seeding';
    const outcome = (): DownloadResult => (isWhole ? this.#completeResult() : { status: 'stopped', reason });
    await this.#end('stopped', CONFIG.tracker.stoppedTimeoutMs, outcome);
  }

  /** At once and synchronously: connections and announces are left to the system, the folder's lock is released. */
  abandon(): void {
    this.#saveResume();
    this.#disk.unlock();
  }

  snapshot(): ServerSnapshot {
    const run = this.#run;
    const session = run?.snapshot() ?? emptySnapshot(this.metainfo, this.#options);
    const peersMet = run?.peers.peersMet ?? 0;
    const isMet = sourcesMet({ peersMet, webSeeds: session.webSeeds }) > 0;
    return {
      ...session,
      name: this.metainfo.name,
      isPrivate: this.metainfo.isPrivate,
      isThrottled: session.isThrottled || this.#disk.isMoving,
      phase: this.#phase === 'announcing' && isMet ? 'downloading' : this.#phase,
      ...this.#check,
      ...(run?.sourceSnapshots() ?? { trackers: [], dht: null }),
      sources: this.#tally.counts(),
      externalAddresses: this.#client.externalAddresses.hosts,
      elapsedMs: (this.#endedAt ?? monotonicNow()) - this.#startedAt,
      dialFailures: run?.peers.dialFailures ?? {},
      peersMet,
    };
  }

  /**
   * What happens from now on. A slow reader loses the oldest progress, never the end; `progress: false` leaves that out: what comes for each
   * piece, file, peer and announce.
   */
  notices({ progress = true }: { readonly progress?: boolean } = {}): AsyncIterableIterator<ServerNotice> {
    return this.#notices.subscribe(progress);
  }

  /**
   * A peer whose connection the caller keeps: what is for it goes to `send`, and `onEnded` hears when the session is done with
   * it. Before the disk check is over it waits, and is admitted then. Throws InvalidArgumentError, SelfConnectionError,
   * DuplicatePeerError, NotRunningError, or PeerEndedError where it was refused.
   */
  registerConnection(
    peerId: PeerId,
    address: { host: string; port: number },
    send: (message: Message) => void,
    onEnded?: (reason: DisconnectReason) => void,
  ): void {
    this.#library.register(peerId, address, send, onEnded);
  }

  /**
   * One message of a registered peer; those of a peer are handled in the order of the calls. Resolves when what follows from
   * it is decided (not: written), which is after the disk check at the earliest. Rejects with UnknownPeerError,
   * SelfConnectionError, InvalidArgumentError, NotRunningError, or PeerEndedError where it ended its peer.
   */
  async handleMessage(peerId: PeerId, message: Message): Promise<void> {
    await this.#library.handle(peerId, message);
  }

  /** The peer is gone: its requests and slots go back, another is dialled. False where it was unknown; never throws. */
  unregisterConnection(peerId: PeerId, address?: { host: string; port: number } | null): boolean {
    return this.#library.unregister(peerId, address);
  }

  /** For the client's listener. */
  onIncoming(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null {
    return this.#options.webSeedMode === 'only' ? null : (this.#run?.peers.accept(connection) ?? null);
  }

  readonly #onOwnerEnd = (): void => {
    void this.stop('owner');
  };

  async #work(): Promise<void> {
    try {
      // Whoever started it has its handle before anything happens.
      await setImmediate();
      this.#checking.signal.throwIfAborted();
      const disk = await this.#disk.open((checkedBytes, bytesToCheck, work) => {
        this.#check = { checkedBytes, bytesToCheck };
        if (this.#ending === null) this.#phase = work;
      }, this.#checking.signal);
      if (this.#ending !== null) {
        disk.storage.close();
        return;
      }
      this.#begin(disk);
    } catch (error) {
      if (this.#checking.signal.aborted) return;
      if (error instanceof StorageError || error instanceof IncompleteDataError) this.#fail(error);
      else this.#crash(error);
    }
  }

  #begin(disk: OpenedDisk): void {
    const { have, resumed } = disk;
    this.#notices.publish({ type: 'checked', havePieces: have.count, pieceCount: have.length, resumed });
    this.#wasComplete = disk.wasComplete;
    const { isReadOnly = false, servesPart = false } = this.#options;
    if (isReadOnly && !have.isFull && !(servesPart && have.count > 0)) {
      disk.storage.close();
      throw incompleteData(have);
    }
    const run = new TorrentRun(this.metainfo, this.#client, disk, this.#options, {
      onNotice: (notice) => this.#handleNotice(notice),
      onComplete: () => this.#complete(),
      onStorageError: (error) => this.#fail(error),
      onCrash: (error) => this.#crash(error),
      onMessage: () => this.#watchdog?.touch(),
    });
    this.#run = run;
    if (run.store.isWhole) {
      this.#complete();
      if (this.#options.seed !== true) return;
    } else {
      this.#phase = 'announcing';
    }
    this.#watch();
    run.start();
    this.#library.begin(run.library);
  }

  #watch(): void {
    const { noPeersTimeoutMs = 0, stallTimeoutMs = 0, idleTimeoutMs = 0, minSpeed } = this.#options;
    const { idleReleaseMs, watchMs } = CONFIG.engine;
    this.#watchdog = new Watchdog(
      { noPeersTimeoutMs, stallTimeoutMs, idleTimeoutMs, idleReleaseMs, watchMs, ...(minSpeed && { minSpeed }) },
      {
        read: () => watchedState(this.snapshot()),
        onNoPeers: () => this.#fail(neverMet(this.snapshot(), noPeersTimeoutMs)),
        onStalled: () => this.#fail(stalled(this.snapshot(), stallTimeoutMs)),
        onTooSlow: (rate) => minSpeed && this.#fail(tooSlow(this.snapshot(), minSpeed, rate)),
        onIdleTimeout: () => this.#notices.publish({ type: 'idle' }),
        onIdleRelease: () => this.#run?.store.releaseIdle(),
      },
      monotonicNow,
    );
    this.#resumeTimer = setInterval(() => this.#saveResume(), CONFIG.storage.resumeIntervalMs);
  }

  #handleNotice(notice: Notice | DiscoveryNotice): void {
    this.#notices.publish(notice);
    this.#tally.note(notice);
    if (this.#options.webSeedMode === 'only' && MAY_DESERT.has(notice.type)) this.#failIfDeserted();
    if (notice.type !== 'sources-exhausted') return;
    const detail = exhaustedDetail(this.metainfo, notice.piece, notice.banned, notice.bannedWebSeeds);
    const where = `piece ${detail.piece} of ${detail.files.join(', ')}`;
    this.#fail(
      new SourcesExhaustedError(`${where} came only from sources that sent bad data: ${detail.banned.join(', ')}`, detail),
    );
  }

  /** With web seeds only, nobody else would come. What is being stored may be the last of it. */
  #failIfDeserted(): void {
    const error = this.#run?.store.isStoring === true ? null : deserted(this.snapshot());
    if (error !== null) this.#fail(error);
  }

  #complete(): void {
    this.#isComplete = true;
    this.#disk.removeResume();
    if (this.#options.seed === true) this.#phase = 'seeding';
    else void this.#end('finished', this.#wasComplete ? 0 : CONFIG.engine.farewellMs, () => this.#completeResult());
  }

  #completeResult(): DownloadResult {
    const { totalBytes, downloadedBytes, uploadedBytes, elapsedMs } = this.snapshot();
    const paths = this.#disk.rootPaths;
    return {
      status: 'complete',
      alreadyComplete: this.#wasComplete,
      paths,
      totalBytes,
      downloadedBytes,
      uploadedBytes,
      elapsedMs,
    };
  }

  #fail(error: Error): void {
    if (this.#ending !== null) return;
    if (error instanceof StorageError) this.#notices.publish({ type: 'storage-failed', failure: error.detail });
    void this.#end('stopped', CONFIG.tracker.stoppedTimeoutMs, () => error);
  }

  #crash(cause: unknown): void {
    if (this.#ending !== null) return;
    const error = crashedError(infoHashKey(this.infoHash), cause);
    const onCrash = this.#options.owner?.onCrash;
    if (onCrash !== undefined) {
      // An owner that is told has not overlooked it. What its function throws is its own affair, not this session's.
      this.#done.promise.catch(() => undefined);
      queueMicrotask(() => onCrash(error));
    }
    this.#fail(error);
  }

  /** Never throws: without the state the next run re-hashes, which is no reason to end this one. */
  #saveResume(): void {
    const run = this.#run;
    if (run === null) return;
    // Who serves on has nothing to write down, but holds the folder.
    if (this.#isComplete) {
      this.#disk.touch();
      return;
    }
    try {
      this.#disk.saveResume(run.store.have);
    } catch (error) {
      if (!(error instanceof StorageError)) this.#crash(error);
    }
  }

  /** The same at the end, so that it counts after a restart of the machine too. Answers with what may not be overlooked. */
  async #flushResume(): Promise<Error | null> {
    const run = this.#run;
    try {
      if (this.#isComplete) this.#disk.removeParts();
      else if (run !== null) await this.#disk.flushResume(run.store.have);
      return null;
    } catch (error) {
      return error instanceof StorageError ? null : crashedError(infoHashKey(this.infoHash), error);
    }
  }

  /** The first end counts; all get its promise, which never rejects. */
  #end(phase: Phase, farewellMs: number, outcome: () => DownloadResult | Error): Promise<void> {
    this.#ending ??= this.#close(phase, farewellMs, outcome);
    return this.#ending;
  }

  async #close(phase: Phase, farewellMs: number, outcome: () => DownloadResult | Error): Promise<void> {
    this.#phase = phase;
    this.#checking.abort();
    this.#watchdog?.stop();
    if (this.#resumeTimer !== null) clearInterval(this.#resumeTimer);
    this.#options.owner?.signal?.removeEventListener('abort', this.#onOwnerEnd);
    let failure: Error | null = null;
    try {
      // An end that comes from within the loop, or from the disk check, lets that come to its own end first.
      await this.#working;
      this.#library.end();
      await this.#run?.stop(farewellMs);
    } catch (error) {
      failure = error instanceof StorageError ? error : crashedError(infoHashKey(this.infoHash), error);
    }
    this.#endedAt = monotonicNow();
    const result = outcome();
    // Whoever has crashed is started again at once, in this same boot.
    if (result instanceof SessionCrashedError) this.#saveResume();
    else failure = (await this.#flushResume()) ?? failure;
    this.#disk.unlock();
    this.#client.unregister(this);
    if (this.#options.client === undefined) await this.#client.close();
    this.#notices.end();
    // One that crashed may be started again, with the same readers.
    if (!(result instanceof SessionCrashedError)) this.#options.reader?.close();
    if (result instanceof Error) this.#done.reject(result);
    else if (failure !== null) this.#done.reject(failure);
    else this.#done.resolve(result);
  }
}
