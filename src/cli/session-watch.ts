// Follows a running session for the person in front of it: takes snapshots for the view, reads notices for the lines that
// tell what happened, and says why when nothing comes. Decides nothing about the session itself.

import { CONFIG } from '../engine/config.js';
import type { ServerNotice, ServerSnapshot } from '../engine/server-snapshot.js';
import { explainStall } from '../engine/stall-report.js';
import { formatAddress } from '../model/address.js';
import { describeSources } from './render/source-text.js';
import { describeNotice } from './render/notice-text.js';
import type { Progress, ProgressDetail, ProgressPhase, ProgressView } from './render/progress.js';
import { SpeedMeter } from './render/speed-meter.js';
import { sanitise } from './render/sanitise.js';

/** The part of a SessionServer that is watched. */
interface WatchedServer {
  snapshot(): ServerSnapshot;
  notices(options?: { readonly progress?: boolean }): AsyncIterable<ServerNotice>;
}

export interface SessionWatchOptions {
  /** `current` changes where a session that crashed was started again. */
  readonly session: { readonly current: WatchedServer };
  readonly view: ProgressView;
  /** Printable; default the torrent's own. */
  readonly name?: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Says what came of each source, too, where it says why nothing comes. */
  readonly isVerbose: boolean;
  /** What is there is served and nothing else is wanted: that some of it is there already is no news. */
  readonly isReadOnly?: boolean;
  /** What the lines about sources begin with; default nothing. */
  readonly whose?: string;
  /** What is shown as the whole and as done, where that is not what is on the disk. */
  readonly delivery?: () => { readonly totalBytes: number; readonly doneBytes: number };
  /** How often the view gets a new state. */
  readonly intervalMs: number;
  /** Where others reach us through a gateway; null where that is not known. */
  readonly reachableAt?: () => string | null;
  /** At each look, whatever the phase but the last. */
  readonly onLook?: (snapshot: ServerSnapshot) => void;
  /** Where it says why nothing comes. */
  readonly onSilence?: (silentMs: number, snapshot: ServerSnapshot) => void;
  /** Whether more than a line is shown: asked each time. */
  readonly isDetailed?: () => boolean;
  /** All transfer is paused, by the person in front of it. */
  readonly isPaused?: () => boolean;
  /** Once, when the check of existing data is over. */
  readonly onChecked?: (snapshot: ServerSnapshot) => void;
}

const MAX_NAME = 200;
const MAX_REASON = 1000;
const MAX_CLIENT = 40;

export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #name: string;
  readonly #download: SpeedMeter;
  readonly #upload: SpeedMeter;
  readonly #linesByKind = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #lastDownloaded = 0;
  #lastUploaded = 0;
  #lastPayloadAt: number;
  #lastExplainedAt = Number.NEGATIVE_INFINITY;
  #isChecked = false;
  /** Said of a seed that no tracker answers, and not answered since. */
  #isUnannounced = false;

  constructor(options: SessionWatchOptions) {
    this.#options = options;
    const now = options.now();
    this.#lastPayloadAt = now;
    this.#download = new SpeedMeter(now, CONFIG.cli.speedWindowMs);
    this.#upload = new SpeedMeter(now, CONFIG.cli.speedWindowMs);
    this.#name = options.name ?? sanitise(options.session.current.snapshot().name, MAX_NAME);
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), this.#options.intervalMs);
    this.#readNotices().catch(() => {
      // The end of the session is reported by done(); without notices there is less to say, no more.
    });
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One look at the session. Called by the timer; tests call it themselves. */
  tick(): void {
    const now = this.#options.now();
    const snapshot = this.#options.session.current.snapshot();
    const phase = toProgressPhase(snapshot.phase);
    if (phase === null) return;
    const isPreparing = phase === 'checking' || phase === 'allocating';
    if (!this.#isChecked && !isPreparing) {
      this.#isChecked = true;
      this.#lastPayloadAt = now;
      this.#options.onChecked?.(snapshot);
    }
    this.#options.onLook?.(snapshot);
    if (snapshot.downloadedBytes < this.#lastDownloaded) this.#lastDownloaded = 0;
    if (snapshot.uploadedBytes < this.#lastUploaded) this.#lastUploaded = 0;
    this.#download.add(snapshot.downloadedBytes - this.#lastDownloaded, now);
    this.#upload.add(snapshot.uploadedBytes - this.#lastUploaded, now);
    const isSilent = snapshot.downloadedBytes <= this.#lastDownloaded && !snapshot.isThrottled;
    if (isPreparing || !isSilent) this.#lastPayloadAt = now;
    this.#lastDownloaded = snapshot.downloadedBytes;
    this.#lastUploaded = snapshot.uploadedBytes;
    this.#options.view.update(this.#toProgress(snapshot, phase, now));
    if (phase === 'announcing' || phase === 'downloading') this.#explainSilence(snapshot, now);
    if (phase === 'seeding') this.#noteTrackers(snapshot);
  }

  #toProgress(snapshot: ServerSnapshot, phase: ProgressPhase, now: number): Progress {
    const reachableAt = this.#options.reachableAt?.() ?? null;
    const delivery = this.#options.delivery?.();
    return {
      name: this.#name,
      phase,
      totalBytes: phase === 'checking' || phase === 'allocating' ? snapshot.bytesToCheck : snapshot.totalBytes,
      doneBytes: snapshot.verifiedBytes,
      checkedBytes: snapshot.checkedBytes,
      downloadBytesPerSecond: this.#download.bytesPerSecond(now),
      uploadBytesPerSecond: this.#upload.bytesPerSecond(now),
      uploadedBytes: snapshot.uploadedBytes,
      ...(phase === 'seeding' && snapshot.totalBytes > 0 ? { ratio: snapshot.uploadedBytes / snapshot.totalBytes } : {}),
      timeLeftMs: this.#download.timeLeftMs(
        delivery === undefined ? snapshot.leftBytes : delivery.totalBytes - delivery.doneBytes,
        now,
      ),
      peers: snapshot.peers.length,
      webSeeds: snapshot.webSeeds.filter((seed) => seed.state === 'fetching').length,
      ...delivery,
      ...(reachableAt === null ? {} : { reachableAt }),
      ...(this.#options.isPaused?.() === true ? { isPaused: true } : {}),
      ...(this.#options.isDetailed?.() === true ? { detail: toDetail(snapshot) } : {}),
    };
  }

  #explainSilence(snapshot: ServerSnapshot, now: number): void {
    const { silenceMs, silenceRepeatMs } = CONFIG.cli;
    const silentMs = now - this.#lastPayloadAt;
    if (silentMs < silenceMs || now - this.#lastExplainedAt < silenceRepeatMs || this.#lastExplainedAt > this.#lastPayloadAt)
      return;
    this.#lastExplainedAt = now;
    this.#options.onSilence?.(silentMs, snapshot);
    const reason = sanitise(explainStall(snapshot), MAX_REASON);
    const { view, isVerbose, whose = '' } = this.#options;
    view.log(`${this.#name}: no data for ${Math.round(silentMs / 1000)} s: ${reason}`);
    if (isVerbose) for (const line of describeSources(snapshot, whose)) view.log(line);
  }

  /** Nobody may ever come, and a seed waits for nothing that would show it: said once for each time that it begins. */
  #noteTrackers({ trackers }: ServerSnapshot): void {
    if (trackers.some(({ state }) => state === 'working')) this.#isUnannounced = false;
    const failed = trackers.filter(({ state }) => state === 'failed');
    const isDead = failed.length > 0 && trackers.every(({ state }) => state === 'failed' || state === 'unsupported');
    if (!isDead || this.#isUnannounced) return;
    this.#isUnannounced = true;
    const [{ url, lastError }] = failed;
    const others = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
    const why = sanitise(`${url}: ${lastError ?? 'no answer'}`, MAX_REASON);
    this.#options.view.log(`${this.#name}: no tracker answers (${why}${others}); they are asked again`);
  }

  /** Of one session after the other, until the one that ended was the last. */
  async #readNotices(): Promise<void> {
    for (let server: WatchedServer | null = null; server !== this.#options.session.current;) {
      server = this.#options.session.current;
      for await (const notice of server.notices({ progress: false })) this.#tell(notice);
    }
  }

  #tell(notice: ServerNotice): void {
    if (notice.type === 'checked' && this.#options.isReadOnly === true) return;
    const text = describeNotice(notice, this.#options.isVerbose);
    if (text === null) return;
    const lines = (this.#linesByKind.get(notice.type) ?? 0) + 1;
    this.#linesByKind.set(notice.type, lines);
    if (lines <= CONFIG.cli.maxLinesAKind) this.#options.view.log(`${this.#name}: ${text}`);
  }
}

/** Null once it is over: then done() speaks. */
function toProgressPhase(phase: ServerSnapshot['phase']): ProgressPhase | null {
  return phase === 'finished' || phase === 'stopped' ? null : phase;
}

/** The map of the pieces, and the peers that move something, the quickest first. */
function toDetail({ have, openPieces, peers, pieceCount }: ServerSnapshot): ProgressDetail {
  const rate = (peer: ServerSnapshot['peers'][number]): number => peer.downloadBytesPerSecond + peer.uploadBytesPerSecond;
  const moving = peers.filter((peer) => rate(peer) > 0).toSorted((a, b) => rate(b) - rate(a));
  return {
    pieces: { have, open: openPieces },
    peers: moving.slice(0, CONFIG.cli.maxPeerLines).map((peer) => ({
      address: formatAddress(peer.address),
      client: sanitise(peer.client, MAX_CLIENT),
      downloadBytesPerSecond: peer.downloadBytesPerSecond,
      uploadBytesPerSecond: peer.uploadBytesPerSecond,
      share: pieceCount === 0 ? 1 : peer.havePieces / pieceCount,
    })),
  };
}
