// Starts sessions and keeps them going: one that crashes is started again, with the disk looked at anew, at most three times in
// five seconds, and at most three times in a row that lead nowhere, however far apart: a crash that takes its time must not go
// round for ever. Transient: an orderly end, good or bad, is not restarted. Its handle's `done()` spans the restarts.

import type { Metainfo } from '../metainfo/metainfo.js';
import { CONFIG } from './config.js';
import { waitFor } from './deferred.js';
import { monotonicNow } from './monotonic-clock.js';
import type { ServerSnapshot } from './server-snapshot.js';
import { SessionCrashedError } from './session-error.js';
import type { LocalServer, SessionOptions } from './session-options.js';
import { SessionServer, type DownloadResult } from './session-server.js';

export interface SupervisedSession {
  /** The session that runs now, or ran last. */
  readonly current: SessionServer;
  /** How often it was started again. */
  readonly restarts: number;
  /** Of the last run; rejects with SessionCrashedError once the restarts are used up. `signal` ends the waiting alone. */
  done(options?: { readonly signal?: AbortSignal }): Promise<DownloadResult>;
  /** Ends it, also in the middle of a restart. */
  stop(reason?: string): Promise<void>;
}

export interface RestartPolicy {
  /** Within the window, and in a row without progress: no piece stored that was not there at an earlier crash. */
  readonly maxRestarts: number;
  readonly windowMs: number;
}

type Starter = (
  metainfo: Metainfo,
  local: LocalServer,
  folder: string | null,
  options: SessionOptions,
) => Promise<SessionServer | null>;

const DEFAULT_POLICY: RestartPolicy = {
  maxRestarts: CONFIG.supervisor.maxRestarts,
  windowMs: CONFIG.supervisor.restartWindowMs,
};

export class Supervisor {
  readonly #policy: RestartPolicy;
  readonly #start: Starter;
  readonly #now: () => number;

  /** `start` and `now` (milliseconds, monotonic) are replaced in tests. */
  constructor(
    policy: RestartPolicy = DEFAULT_POLICY,
    start: Starter = (...parameters) => SessionServer.start(...parameters),
    now: () => number = monotonicNow,
  ) {
    this.#policy = policy;
    this.#start = start;
    this.#now = now;
  }

  /**
   * As `SessionServer.start`; null where the session is disabled. A failed start rejects and is not retried. The owner's end
   * stops the session for good; its `onCrash` hears of every crash, those included that are followed by a restart.
   */
  async start(
    metainfo: Metainfo,
    local: LocalServer,
    folder: string | null,
    options: SessionOptions = {},
  ): Promise<SupervisedSession | null> {
    const first = await this.#start(metainfo, local, folder, options);
    if (first === null) return null;
    const ownerSignal = options.owner?.signal;
    const crashes: number[] = [];
    const progress = { have: -1, fruitless: 0 };
    let current = first;
    let restarts = 0;
    let stopReason: string | null = null;
    const keepGoing = async (): Promise<DownloadResult> => {
      for (;;) {
        try {
          return await current.done();
        } catch (error) {
          if (!(error instanceof SessionCrashedError) || stopReason !== null || ownerSignal?.aborted === true) throw error;
          if (!this.#mayRestart(crashes) || !this.#leadsSomewhere(progress, current.snapshot())) throw error;
          const next = await this.#startAgain(metainfo, local, folder, options);
          if (next === null) return { status: 'stopped', reason: 'owner' };
          restarts++;
          current = next;
          if (stopReason !== null) await next.stop(stopReason);
        }
      }
    };
    const finished = keepGoing();
    return {
      get current() {
        return current;
      },
      get restarts() {
        return restarts;
      },
      done: ({ signal } = {}) => (signal === undefined ? finished : waitFor(finished, signal)),
      stop: async (reason = 'stopped') => {
        stopReason ??= reason;
        await current.stop(reason);
        // A restart may be under way. How it ends is for `done` to tell.
        await finished.catch(() => undefined);
      },
    };
  }

  /** Null where its owner ended meanwhile. */
  async #startAgain(
    metainfo: Metainfo,
    local: LocalServer,
    folder: string | null,
    options: SessionOptions,
  ): Promise<SessionServer | null> {
    try {
      return await this.#start(metainfo, local, folder, options);
    } catch (error) {
      if (options.owner?.signal?.aborted === true) return null;
      throw error;
    }
  }

  /** Counts a crash; false where the window is full. `crashes` keeps those of the window alone. */
  #mayRestart(crashes: number[]): boolean {
    const now = this.#now();
    while (crashes.length > 0 && now - crashes[0] >= this.#policy.windowMs) crashes.shift();
    return crashes.push(now) <= this.#policy.maxRestarts;
  }

  /**
   * Counts the restarts in a row after which there are no more pieces than at any crash before; false when they are used up.
   * What is whole can store no more: there it is uploads that count.
   */
  #leadsSomewhere(progress: { have: number; fruitless: number }, snapshot: ServerSnapshot): boolean {
    const { havePieces, isComplete, uploadedBytes } = snapshot;
    const isFruitful = havePieces > progress.have || (isComplete && uploadedBytes > 0);
    progress.have = Math.max(progress.have, havePieces);
    progress.fruitless = isFruitful ? 0 : progress.fruitless + 1;
    return progress.fruitless < this.#policy.maxRestarts;
  }
}

/** With the default policy. */
export const supervisor = new Supervisor();
