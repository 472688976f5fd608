// The time-outs of a run that nobody watches: no peer ever answered, no payload for too long, no message for a while. Looks
// twice a second; each limit is off at 0.

import type { Millis } from '../model/time.js';

export interface WatchdogLimits {
  readonly noPeersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** After this long without a message, what can be had again is freed. */
  readonly idleReleaseMs: number;
  readonly watchMs: number;
}

export interface WatchdogHandler {
  /** Peers met, and useful payload so far (bytes, may fall when a piece fails). */
  read(): { readonly peersMet: number; readonly usefulBytes: number };
  onNoPeers(): void;
  onStalled(): void;
  /** Once for each silence. */
  onIdleTimeout(): void;
  onIdleRelease(): void;
}

export class Watchdog {
  readonly #limits: WatchdogLimits;
  readonly #handler: WatchdogHandler;
  readonly #now: () => Millis;
  readonly #startedAt: Millis;
  #timer: NodeJS.Timeout | null;
  #lastCheckAt: Millis;
  #mostUseful = 0;
  #progressAt: Millis;
  #messageAt: Millis;
  #isIdleSaid = false;
  #isReleased = false;
  /** Time that passed while we did not run: nobody's silence. */
  #asleepMs: Millis = 0;

  constructor(limits: WatchdogLimits, handler: WatchdogHandler, now: () => Millis) {
    this.#limits = limits;
    this.#handler = handler;
    this.#now = now;
    this.#startedAt = now();
    this.#lastCheckAt = this.#startedAt;
    this.#progressAt = this.#startedAt;
    this.#messageAt = this.#startedAt;
    this.#timer = setInterval(() => this.#check(), limits.watchMs);
  }

  /** A peer said something. */
  touch(): void {
    this.#isIdleSaid = false;
    this.#isReleased = false;
    this.#messageAt = this.#lastCheckAt;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #check(): void {
    const { noPeersTimeoutMs, stallTimeoutMs, idleTimeoutMs, idleReleaseMs, watchMs } = this.#limits;
    const real = this.#now() - this.#asleepMs;
    this.#asleepMs += Math.max(0, real - this.#lastCheckAt - 4 * watchMs);
    const now = this.#now() - this.#asleepMs;
    this.#lastCheckAt = now;
    const { peersMet, usefulBytes } = this.#handler.read();
    if (usefulBytes > this.#mostUseful) {
      this.#mostUseful = usefulBytes;
      this.#progressAt = now;
    }
    const silentMs = now - this.#messageAt;
    if (idleTimeoutMs > 0 && silentMs >= idleTimeoutMs && !this.#isIdleSaid) {
      this.#isIdleSaid = true;
      this.#handler.onIdleTimeout();
    }
    if (silentMs >= idleReleaseMs && !this.#isReleased) {
      this.#isReleased = true;
      this.#handler.onIdleRelease();
    }
    if (noPeersTimeoutMs > 0 && peersMet === 0 && now - this.#startedAt >= noPeersTimeoutMs) this.#handler.onNoPeers();
    else if (stallTimeoutMs > 0 && peersMet > 0 && now - this.#progressAt >= stallTimeoutMs) this.#handler.onStalled();
  }
}
