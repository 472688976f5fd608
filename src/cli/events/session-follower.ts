// Follows one torrent's session, over its restarts, for `--events` and what is told at the end: every notice as it happens, and how it
// stands once a second. Only there where somebody asked; decides nothing about the session.

import { CONFIG } from '../../engine/config.js';
import type { ServerNotice, ServerSnapshot } from '../../engine/server-snapshot.js';
import type { ProgressFacts, TorrentEvent } from './event.js';

/** The part of a SessionServer that is followed. */
interface FollowedServer {
  snapshot(): ServerSnapshot;
  notices(): AsyncIterable<ServerNotice>;
}

/** How far a torrent that is read is: what counts then, and not what is held. */
export type Delivery = () => { readonly totalBytes: number; readonly doneBytes: number };

export interface SessionFollowerOptions {
  /** `current` changes where a session that crashed was started again. */
  readonly session: { readonly current: FollowedServer };
  readonly delivery?: Delivery;
  readonly onNotice: (notice: ServerNotice) => void;
  readonly onEvent: (event: TorrentEvent) => void;
}

export class SessionFollower {
  readonly #options: SessionFollowerOptions;
  #timer: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();
  #isChecked = false;

  constructor(options: SessionFollowerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), CONFIG.events.progressMs);
    this.#timer.unref();
    // Without notices there is less to say, no more: the session's end is told by itself.
    this.#reading = this.#readNotices().catch(() => undefined);
  }

  /** Of a session that has ended: resolves when the last notice is told, and how it stood. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#reading;
    if (this.#isChecked) this.#tellProgress();
  }

  /** One look at the session. Called by the timer; tests call it themselves. */
  tick(): void {
    const snapshot = this.#options.session.current.snapshot();
    if (snapshot.phase === 'checking') {
      this.#tellCheck('running', snapshot);
    } else {
      this.#tellProgress();
    }
  }

  async #readNotices(): Promise<void> {
    for (let server: FollowedServer | null = null; server !== this.#options.session.current;) {
      server = this.#options.session.current;
      for await (const notice of server.notices()) {
        if (notice.type === 'checked') this.#tellCheck('done', server.snapshot());
        this.#options.onNotice(notice);
        if (notice.type === 'checked') this.#tellStart();
      }
    }
  }

  #tellCheck(state: 'running' | 'done', { checkedBytes, bytesToCheck }: ServerSnapshot): void {
    this.#options.onEvent({ event: 'verify', state, checkedBytes, bytesToCheck });
  }

  /** Where it begins: what is there, which is nothing mostly. */
  #tellStart(): void {
    this.#isChecked = true;
    this.#tellProgress();
    this.#timer?.refresh();
  }

  #tellProgress(): void {
    const { session, delivery, onEvent } = this.#options;
    const facts = progressFacts(session.current.snapshot());
    const delivered = delivery?.();
    // How long a reader takes is his affair.
    onEvent({ event: 'progress', ...facts, ...(delivered === undefined ? {} : { ...delivered, timeLeftMs: null }) });
  }
}

/** Verified and on disk. Where everything was there the session never began, and has counted nothing. */
export function doneBytes({ phase, havePieces, verifiedBytes, totalBytes }: ServerSnapshot): number {
  return phase === 'finished' && havePieces === 0 ? totalBytes : verifiedBytes;
}

/** How a session stands, for a script. */
function progressFacts(snapshot: ServerSnapshot): ProgressFacts {
  const { phase, totalBytes, leftBytes, downloadedBytes, uploadedBytes, wastedBytes, peers, webSeeds } = snapshot;
  const rate = snapshot.downloadBytesPerSecond;
  return {
    phase,
    doneBytes: doneBytes(snapshot),
    totalBytes,
    downloadedBytes,
    uploadedBytes,
    wastedBytes,
    downloadBytesPerSecond: Math.round(rate),
    uploadBytesPerSecond: Math.round(snapshot.uploadBytesPerSecond),
    peers: peers.length,
    webSeeds: webSeeds.filter((seed) => seed.state === 'fetching').length,
    timeLeftMs: rate > 0 ? Math.round((leftBytes * 1000) / rate) : null,
  };
}
