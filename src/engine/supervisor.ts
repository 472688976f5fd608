// Starts sessions and keeps them going: one that crashes is started again, with the disk looked at anew, at most three times in
// five seconds (transient: an orderly end, good or bad, is not restarted). Its handle's `done()` spans the restarts.

import type { Metainfo } from '../metainfo/metainfo.js';
import { CONFIG } from './config.js';
import { SessionCrashedError } from './session-error.js';
import type { LocalServer, SessionOptions } from './session-options.js';
import { SessionServer, type DownloadResult } from './session-server.js';

export interface SupervisedSession {
  /** The session that runs now, or ran last. */
  readonly current: SessionServer;
  readonly restarts: number;
  /** Of the last run; rejects with SessionCrashedError once the restarts are used up. */
  done(): Promise<DownloadResult>;
  stop(reason?: string): Promise<void>;
}

export interface RestartPolicy {
  readonly maxRestarts: number;
  readonly windowMs: number;
}

type Starter = typeof SessionServer.start;

/** `start` and `now` are replaced in tests. */
export class Supervisor {
  readonly #policy: RestartPolicy;
  readonly #start: Starter;
  readonly #now: () => number;

  constructor(
    policy: RestartPolicy = { maxRestarts: CONFIG.supervisor.maxRestarts, windowMs: CONFIG.supervisor.restartWindowMs },
    start: Starter = SessionServer.start,
    now: () => number = () => performance.now(),
  ) {
    this.#policy = policy;
    this.#start = start;
    this.#now = now;
  }

  /** As `SessionServer.start`; null where the session is disabled. A failed start rejects and is not retried. */
  async start(
    metainfo: Metainfo,
    local: LocalServer,
    folder: string | null,
    options: SessionOptions = {},
  ): Promise<SupervisedSession | null> {
    const first = await this.#start(metainfo, local, folder, options);
    if (first === null) return null;
    const crashes: number[] = [];
    let current = first;
    let isStopped = false;
    const keepGoing = async (): Promise<DownloadResult> => {
      for (;;) {
        try {
          return await current.done();
        } catch (error) {
          if (!(error instanceof SessionCrashedError) || isStopped || !this.#mayRestart(crashes)) throw error;
          const next = await this.#start(metainfo, local, folder, options);
          if (next === null) throw error;
          current = next;
        }
      }
    };
    const finished = keepGoing();
    return {
      get current() {
        return current;
      },
      get restarts() {
        return crashes.length;
      },
      done: () => finished,
      stop: async (reason) => {
        isStopped = true;
        await current.stop(reason);
      },
    };
  }

  /** Counts a crash; false where the window is full. */
  #mayRestart(crashes: number[]): boolean {
    const now = this.#now();
    const recent = crashes.filter((at) => now - at < this.#policy.windowMs).length;
    crashes.push(now);
    return recent < this.#policy.maxRestarts;
  }
}

/** With the default policy. */
export const supervisor = new Supervisor();
