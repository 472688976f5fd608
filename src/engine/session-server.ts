// One torrent, from start to end: takes its folder, checks what is there, runs until the data is whole, it is stopped, or it
// fails, and leaves things in order. What a library user starts, awaits, feeds with messages and stops.

import type { Metainfo } from '../metainfo/metainfo.js';
import type { Bitfield } from '../model/bitfield.js';
import { StorageError } from '../model/error.js';
import type { InfoHash, PeerId } from '../model/ids.js';
import type { ConnectionSide, PeerConnection } from '../net/peer-connection.js';
import type { DisconnectReason } from '../session/disconnect-reason.js';
import type { Message } from '../wire/message.js';
import { Client, infoHashKey, type IncomingTorrent } from './client.js';
import { CONFIG } from './config.js';
import { Deferred } from './deferred.js';
import { NoticeQueue } from './notice-queue.js';
import {
  IncompleteDataError,
  NoPeersError,
  NotRunningError,
  SessionCrashedError,
  SourcesExhaustedError,
  StalledError,
} from './session-error.js';
import { validateStart, type LocalServer, type SessionOptions } from './session-options.js';
import { emptySnapshot, exhaustedDetail } from './session-setup.js';
import { isProgressNotice, type Phase, type ServerNotice, type ServerSnapshot } from './server-snapshot.js';
import { explainStall } from './stall-report.js';
import { TorrentDisk } from './torrent-disk.js';
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
  readonly #done = new Deferred<DownloadResult>();
  readonly #notices = new NoticeQueue<ServerNotice>(CONFIG.engine.maxQueuedNotices, isProgressNotice);
  readonly #checking = new AbortController();
  readonly #startedAt = performance.now();
  #run: TorrentRun | null = null;
  #watchdog: Watchdog | null = null;
  #resumeTimer: NodeJS.Timeout | null = null;
  #phase: Phase = 'checking';
  #check = { checkedBytes: 0, bytesToCheck: 0 };
  #wasComplete = false;
  #ending: Promise<void> | null = null;
  #working: Promise<void> | null = null;

  private constructor(metainfo: Metainfo, client: Client, folder: string | null, options: SessionOptions) {
    this.metainfo = metainfo;
    this.#client = client;
    this.#options = options;
    this.#disk = new TorrentDisk({
      metainfo,
      folder,
      openFiles: client.openFiles,
      fsync: options.fsync === true,
      overwrite: options.overwrite ?? 'verify',
      isReadOnly: options.isReadOnly === true,
      command: options.command ?? 'effusion',
    });
  }

  /**
   * Starts a torrent: `metainfo` of `parseTorrentFile`, into `folder` (null: memory). Resolves once everything is validated and
   * the folder is taken, before anything is announced; null where `enabled` is false. Rejects with InvalidArgumentError,
   * AlreadyStartedError, PortTakenError, or a StorageError (`EINUSE`: another run has the folder), leaving nothing behind.
   */
  static async start(
    metainfo: Metainfo,
    local: LocalServer,
    folder: string | null,
    options: SessionOptions = {},
  ): Promise<SessionServer | null> {
    validateStart(metainfo, local, folder, options);
    if (options.enabled === false) return null;
    options.owner?.signal?.throwIfAborted();
    const client = options.client ?? (await Client.open({ ...local, listen: options.listen ?? true }));
    const server = new SessionServer(metainfo, client, folder, options);
    try {
      client.register(server);
      server.#disk.lock();
    } catch (error) {
      client.unregister(server);
      if (options.client === undefined) await client.close();
      throw error;
    }
    options.owner?.signal?.addEventListener('abort', () => void server.stop('owner'), { once: true });
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
  done(options: { readonly signal?: AbortSignal } = {}): Promise<DownloadResult> {
    const { signal } = options;
    if (signal === undefined) return this.#done.promise;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('the wait was aborted'));
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#done.promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  /** Ends it: `stopped` is announced (2 s at most), state is saved. Harmless when repeated, or when it has ended. */
  async stop(reason = 'stopped'): Promise<void> {
    if (this.#ending === null) {
      const isSeeding = this.#phase === 'seeding';
      await this.#end('stopped', CONFIG.tracker.stoppedTimeoutMs);
      if (isSeeding || this.#wasComplete) this.#done.resolve(this.#completeResult());
      else this.#done.resolve({ status: 'stopped', reason });
    }
    await this.#ending;
    await this.#working;
  }

  /** At once and synchronously: connections and announces are left to the system, the folder's lock is released. */
  abandon(): void {
    this.#saveResume();
    this.#disk.unlock();
  }

  snapshot(): ServerSnapshot {
    const run = this.#run;
    return {
      ...(run?.snapshot() ?? emptySnapshot(this.metainfo)),
      name: this.metainfo.name,
      phase: this.#phase === 'announcing' && (run?.peers.peersMet ?? 0) > 0 ? 'downloading' : this.#phase,
      ...this.#check,
      trackers: run?.trackerSnapshots() ?? [],
      elapsedMs: performance.now() - this.#startedAt,
      dialFailures: run?.peers.dialFailures ?? {},
      peersMet: run?.peers.peersMet ?? 0,
    };
  }

  /** What happens from now on. A slow reader loses the oldest progress, never an error or the end. */
  notices(): AsyncIterableIterator<ServerNotice> {
    return this.#notices.subscribe();
  }

  /**
   * A peer whose connection the caller keeps: what is for it goes to `send`. Throws InvalidArgumentError, SelfConnectionError,
   * DuplicatePeerError, PeerEndedError (it was refused), NotRunningError.
   */
  registerConnection(peerId: PeerId, address: { host: string; port: number }, send: (message: Message) => void): void {
    this.#running().library.register(peerId, address, send);
  }

  /**
   * One message of a registered peer, in order; resolves when what follows from it is decided (not: written). Rejects with
   * UnknownPeerError, SelfConnectionError, InvalidArgumentError, NotRunningError, or PeerEndedError where it ended its peer.
   */
  async handleMessage(peerId: PeerId, message: Message): Promise<void> {
    this.#running().library.handle(peerId, message);
  }

  /** The peer is gone: its requests and slots go back, another is dialled. False where it was unknown; never throws. */
  unregisterConnection(peerId: PeerId, address?: { host: string; port: number }): boolean {
    return this.#run?.library.unregister(peerId, address) ?? false;
  }

  /** For the client's listener. */
  onIncoming(connection: PeerConnection<DisconnectReason>): ConnectionSide<DisconnectReason> | null {
    return this.#run?.peers.accept(connection) ?? null;
  }

  async #work(): Promise<void> {
    try {
      const disk = await this.#disk.open((checkedBytes, bytesToCheck) => {
        this.#check = { checkedBytes, bytesToCheck };
      }, this.#checking.signal);
      if (this.#ending !== null) {
        disk.storage.close();
        return;
      }
      const { have, resumed } = disk;
      this.#notices.publish({ type: 'checked', havePieces: have.count, pieceCount: have.length, resumed });
      this.#wasComplete = disk.wasComplete;
      if (this.#options.isReadOnly === true && !have.isFull) throw this.#incomplete(have);
      this.#run = new TorrentRun(this.metainfo, this.#client, disk, this.#options, {
        onNotice: (notice) => this.#handleNotice(notice),
        onComplete: () => this.#complete(),
        onStorageError: (error) => this.#fail(error),
        onCrash: (error) => this.#crash(error),
        onMessage: () => this.#watchdog?.touch(),
      });
      if (have.isFull && this.#options.seed !== true) {
        this.#complete();
        return;
      }
      this.#phase = have.isFull ? 'seeding' : 'announcing';
      this.#watch();
      this.#run.start();
      // A torrent of nothing but empty files, or one whose last names were missing.
      if (have.isFull) this.#disk.removeResume();
    } catch (error) {
      if (this.#checking.signal.aborted) return;
      if (error instanceof StorageError || error instanceof IncompleteDataError) this.#fail(error);
      else this.#crash(error);
    }
  }

  #watch(): void {
    const { noPeersTimeoutMs = 0, stallTimeoutMs = 0, idleTimeoutMs = 0 } = this.#options;
    const { idleReleaseMs, watchMs } = CONFIG.engine;
    this.#watchdog = new Watchdog(
      { noPeersTimeoutMs, stallTimeoutMs, idleTimeoutMs, idleReleaseMs, watchMs },
      {
        read: () => {
          const { downloadedBytes, wastedBytes, peersMet } = this.snapshot();
          return { peersMet, usefulBytes: downloadedBytes - wastedBytes };
        },
        onNoPeers: () => {
          const detail = { timeoutMs: noPeersTimeoutMs, explanation: explainStall(this.snapshot()) };
          this.#fail(new NoPeersError(`no peer answered within ${noPeersTimeoutMs / 1000} s: ${detail.explanation}`, detail));
        },
        onStalled: () => {
          const detail = { timeoutMs: stallTimeoutMs, explanation: explainStall(this.snapshot()) };
          this.#fail(new StalledError(`no data came for ${stallTimeoutMs / 1000} s: ${detail.explanation}`, detail));
        },
        onIdleTimeout: () => this.#notices.publish({ type: 'idle' }),
        onIdleRelease: () => this.#run?.store.releaseIdle(),
      },
      () => performance.now(),
    );
    this.#resumeTimer = setInterval(() => this.#saveResume(), CONFIG.storage.resumeIntervalMs);
  }

  #handleNotice(notice: ServerNotice): void {
    this.#notices.publish(notice);
    if (notice.type !== 'sources-exhausted') return;
    const detail = exhaustedDetail(this.metainfo, notice.piece, notice.banned);
    const where = `piece ${detail.piece} of ${detail.files.join(', ')}`;
    this.#fail(new SourcesExhaustedError(`${where} came only from peers that sent bad data: ${detail.banned.join(', ')}`, detail));
  }

  #complete(): void {
    this.#disk.removeResume();
    if (this.#options.seed === true) {
      this.#phase = 'seeding';
      return;
    }
    const alreadyComplete = this.#wasComplete;
    void this.#end('finished', alreadyComplete ? 0 : CONFIG.engine.farewellMs).then(() => this.#done.resolve(this.#completeResult()));
  }

  #completeResult(): DownloadResult {
    const { totalBytes, downloadedBytes, uploadedBytes, elapsedMs } = this.snapshot();
    const paths = this.#disk.rootPaths;
    return { status: 'complete', alreadyComplete: this.#wasComplete, paths, totalBytes, downloadedBytes, uploadedBytes, elapsedMs };
  }

  #incomplete(have: Bitfield): IncompleteDataError {
    const detail = { havePieces: have.count, pieceCount: have.length };
    const missing = have.length - have.count;
    return new IncompleteDataError(`the data is not whole: ${missing} of ${have.length} pieces are missing or wrong`, detail);
  }

  #fail(error: Error): void {
    if (this.#ending !== null) return;
    void this.#end('stopped', CONFIG.tracker.stoppedTimeoutMs).then(() => this.#done.reject(error));
  }

  #crash(cause: unknown): void {
    const infoHash = infoHashKey(this.infoHash);
    const error = new SessionCrashedError(`the session of ${infoHash} crashed: this is a bug of effusion`, { infoHash }, { cause });
    this.#options.owner?.onCrash?.(error);
    this.#fail(error);
  }

  #saveResume(): void {
    const run = this.#run;
    if (run === null || run.store.have.isFull) return;
    try {
      this.#disk.saveResume(run.store.have);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      // Without it the next run re-hashes: no reason to end this one.
    }
  }

  #end(phase: Phase, farewellMs: number): Promise<void> {
    this.#ending ??= this.#close(phase, farewellMs);
    return this.#ending;
  }

  async #close(phase: Phase, farewellMs: number): Promise<void> {
    this.#phase = phase;
    this.#checking.abort();
    this.#watchdog?.stop();
    if (this.#resumeTimer !== null) clearInterval(this.#resumeTimer);
    try {
      await this.#run?.stop(farewellMs);
    } finally {
      this.#saveResume();
      this.#disk.unlock();
      this.#client.unregister(this);
      if (this.#options.client === undefined) await this.#client.close();
      this.#notices.end();
    }
  }

  #running(): TorrentRun {
    if (this.#run !== null && this.#ending === null) return this.#run;
    const infoHash = infoHashKey(this.infoHash);
    throw new NotRunningError(`the torrent ${infoHash} is not running`, { infoHash });
  }
}
