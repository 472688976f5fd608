// The time-outs of a run that nobody watches: no peer ever answered, no payload for too long or too little of it, no message for a
// while. Looks a few times a second, so that the messages themselves cost it nothing; each limit is off at 0.

import type { Millis } from '../model/time.js';
import { type MinSpeed, SpeedFloor } from './speed-floor.js';

export interface WatchdogLimits {
  readonly noPeersTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly minSpeed?: MinSpeed;
  /** After this long without a message, what can be had again is freed. */
  readonly idleReleaseMs: number;
  /** How often it looks; more often where a limit is shorter. */
  readonly watchMs: number;
}

export interface WatchedState {
  /** Peers and web seeds that ever answered. */
  readonly sourcesMet: number;
  /** Payload that counts so far: bytes, may fall when a piece fails. */
  readonly usefulBytes: number;
  /** Payload in both directions: blocks come without a `touch`. */
  readonly transferredBytes: number;
  /** A limit of ours is all that is waited for. */
  readonly isThrottled: boolean;
  /** Nothing is missing: nobody is waited for. */
  readonly isComplete: boolean;
}

export interface WatchdogHandler {
  read(): WatchedState;
  onNoPeers(): void;
  onStalled(): void;
  /** With `minSpeed`: what came over its time, in bytes per second. */
  onTooSlow?(bytesPerSecond: number): void;
  /** Once for each silence. */
  onIdleTimeout(): void;
  onIdleRelease(): void;
}

const MIN_WATCH_MS = 10;

export class Watchdog {
  readonly #limits: WatchdogLimits;
  readonly #handler: WatchdogHandler;
  readonly #now: () => Millis;
  readonly #watchMs: number;
  readonly #speedFloor: SpeedFloor | null;
  readonly #startedAt: Millis;
  #timer: NodeJS.Timeout | null;
  #lastCheckAt: Millis;
  #mostUseful = 0;
  #transferred = 0;
  #hasMetSources = false;
  #progressAt: Millis;
  #messageAt: Millis;
  #isTouched = false;
  #isIdleSaid = false;
  #isReleased = false;
  /** Time that passed while we did not run: nobody's silence. */
  #asleepMs: Millis = 0;

  constructor(limits: WatchdogLimits, handler: WatchdogHandler, now: () => Millis) {
    const { noPeersTimeoutMs, stallTimeoutMs, idleTimeoutMs, minSpeed, watchMs } = limits;
    this.#limits = limits;
    this.#handler = handler;
    this.#now = now;
    const shortest = Math.min(
      ...[noPeersTimeoutMs, stallTimeoutMs, idleTimeoutMs, minSpeed?.overMs ?? 0].map((limit) => (limit > 0 ? limit : Infinity)),
    );
    this.#watchMs = Math.max(MIN_WATCH_MS, Math.min(watchMs, shortest / 4));
    this.#speedFloor = minSpeed === undefined ? null : new SpeedFloor(minSpeed);
    this.#startedAt = now();
    this.#lastCheckAt = this.#startedAt;
    this.#progressAt = this.#startedAt;
    this.#messageAt = this.#startedAt;
    this.#timer = setInterval(() => this.check(), this.#watchMs);
  }

  /** A peer said something. */
  touch(): void {
    this.#isTouched = true;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One look. Called by the timer. */
  check(): void {
    const real = this.#now() - this.#asleepMs;
    this.#asleepMs += Math.max(0, real - this.#lastCheckAt - 4 * this.#limits.watchMs);
    const now = this.#now() - this.#asleepMs;
    this.#lastCheckAt = now;
    const state = this.#handler.read();
    this.#watchSilence(state, now);
    if (!state.isComplete) this.#watchProgress(state, now);
  }

  #watchSilence({ transferredBytes }: WatchedState, now: Millis): void {
    const { idleTimeoutMs, idleReleaseMs } = this.#limits;
    if (this.#isTouched || transferredBytes !== this.#transferred) {
      this.#isTouched = false;
      this.#transferred = transferredBytes;
      this.#isIdleSaid = false;
      this.#isReleased = false;
      this.#messageAt = now;
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
  }

  #watchProgress({ sourcesMet, usefulBytes, isThrottled }: WatchedState, now: Millis): void {
    const { noPeersTimeoutMs, stallTimeoutMs } = this.#limits;
    if (isThrottled || usefulBytes > this.#mostUseful || (sourcesMet > 0 && !this.#hasMetSources)) {
      this.#mostUseful = Math.max(usefulBytes, this.#mostUseful);
      this.#hasMetSources = sourcesMet > 0;
      this.#progressAt = now;
    }
    const tooSlow = this.#speedFloor?.look(now, this.#mostUseful, sourcesMet > 0 && !isThrottled) ?? null;
    if (noPeersTimeoutMs > 0 && sourcesMet === 0 && now - this.#startedAt >= noPeersTimeoutMs) this.#handler.onNoPeers();
    else if (stallTimeoutMs > 0 && sourcesMet > 0 && now - this.#progressAt >= stallTimeoutMs) this.#handler.onStalled();
    else if (tooSlow !== null) this.#handler.onTooSlow?.(tooSlow);
  }
}
