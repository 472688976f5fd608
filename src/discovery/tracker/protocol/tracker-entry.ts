// One tracker as the tiers machine sees it: what it knows of us, how it answered last, and when it may be asked again.
// It decides nothing about the others: that is the machine's.

import type { Millis } from '../../../model/time.js';
import type { TrackerSnapshot, TrackerState } from '../tracker-notices.js';
import type { AnnounceEvent } from './announce-request.js';
import type { AnnounceResponse } from './announce-response.js';
import type { AnnounceFailure, TrackerLimits } from './tracker-messages.js';

export interface OpenRequest {
  readonly id: number;
  readonly event: AnnounceEvent | null;
  readonly launchedAt: Millis;
  /** The tracker may have read it. */
  isSent: boolean;
}

export class TrackerEntry {
  readonly url: string;
  readonly tier: number;
  readonly isSupported: boolean;
  request: OpenRequest | null = null;
  /** It answered our `started`: it counts us, and is owed a `stopped`. */
  hasStarted = false;
  /** It is owed a `completed`, which goes with the next announce. */
  owesCompleted = false;
  /** It takes us for a downloader: it is owed a `paused` (BEP 21). */
  owesPaused = false;
  /** It has answered `paused` with a failure, as it may not know the word: it gets plain announces. */
  refusesPaused = false;
  trackerId: Uint8Array | null = null;
  /** The last announce was answered. */
  isWorking = false;
  /** Peers of the last answer that are surely not ourselves; null before the first one. */
  othersFound: number | null = null;
  /** Not asked before this: a backoff, or the tracker's minimum interval. */
  notBefore: Millis = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #lastError: string | null = null;
  #seeds: number | null = null;
  #leechers: number | null = null;
  #peers: number | null = null;
  #outOfScope = 0;
  #latencyMs: number | null = null;
  #lastAnnounceAt: Millis | null = null;

  constructor(url: string, tier: number, isSupported: boolean) {
    this.url = url;
    this.tier = tier;
    this.isSupported = isSupported;
  }

  mayBeAsked(now: Millis): boolean {
    return this.isSupported && this.request === null && this.notBefore <= now;
  }

  /** For a new run: the tracker has forgotten us. What it said last and its backoff stay. */
  forgetRun(): void {
    this.hasStarted = false;
    this.owesCompleted = false;
    this.owesPaused = false;
    this.request = null;
    if (this.isWorking) this.notBefore = Number.NEGATIVE_INFINITY;
  }

  launch(request: OpenRequest): void {
    this.request = request;
    this.#lastAnnounceAt = request.launchedAt;
    if (request.event === 'completed') this.owesCompleted = false;
    if (request.event === 'paused') this.owesPaused = false;
  }

  /** Returns the interval in ms after which it wants to be asked again, within the limits. */
  noteAnswer(
    response: AnnounceResponse,
    event: AnnounceEvent | null,
    ownPort: number,
    limits: TrackerLimits,
    now: Millis,
  ): number {
    this.#failures = 0;
    this.#lastError = null;
    this.isWorking = true;
    if (event === 'started') this.hasStarted = true;
    if (response.trackerId !== null) this.trackerId = response.trackerId;
    // A good-bye tells how the swarm is without us: for whoever asks afterwards what came of this tracker, that is no answer.
    if (event !== 'stopped') {
      this.#latencyMs = this.#lastAnnounceAt === null ? null : now - this.#lastAnnounceAt;
      this.#seeds = response.seeds;
      this.#leechers = response.leechers;
    }
    if (event === null || event === 'started' || event === 'paused') {
      this.#peers = response.addresses.length + response.names.length;
      this.#outOfScope = response.outOfScope ?? 0;
      this.othersFound = response.names.length + response.addresses.filter(({ port }) => port !== ownPort).length;
    }
    const asked = response.intervalSeconds === null ? limits.defaultIntervalMs : response.intervalSeconds * 1000;
    const intervalMs = Math.max(asked, limits.minIntervalMs);
    const minimum = response.minIntervalSeconds === null ? limits.minIntervalMs : response.minIntervalSeconds * 1000;
    this.notBefore = now + Math.min(Math.max(minimum, limits.minIntervalMs), intervalMs);
    return intervalMs;
  }

  /** Returns the backoff in ms. */
  noteFailure(failure: AnnounceFailure, limits: TrackerLimits, now: Millis): number {
    this.isWorking = false;
    this.#lastError = failure.message;
    const backoffMs = Math.min(limits.backoffMs * 2 ** Math.min(this.#failures, 30), limits.maxBackoffMs);
    this.#failures++;
    // A tracker may send us away for longer than our own backoff, never for ever: it may have been wrong.
    const askedMs = Math.min(failure.retryInMs ?? 0, limits.maxBackoffMs);
    const delayMs = Math.max(backoffMs, askedMs);
    this.notBefore = now + delayMs;
    return delayMs;
  }

  /** `nextSeekAt`: when the machine asks around again; null while it does so now. */
  snapshot(now: Millis, isRunning: boolean, nextSeekAt: Millis | null): TrackerSnapshot {
    return {
      url: this.url,
      tier: this.tier,
      state: this.#state(),
      lastError: this.#lastError,
      seeds: this.#seeds,
      leechers: this.#leechers,
      peers: this.#peers,
      outOfScope: this.#outOfScope,
      latencyMs: this.#latencyMs,
      lastAnnounceAgoMs: this.#lastAnnounceAt === null ? null : now - this.#lastAnnounceAt,
      nextAnnounceInMs: isRunning ? this.#nextInMs(now, nextSeekAt) : null,
    };
  }

  #state(): TrackerState {
    if (!this.isSupported) return 'unsupported';
    if (this.request !== null) return 'announcing';
    if (this.isWorking) return 'working';
    return this.#failures > 0 ? 'failed' : 'idle';
  }

  #nextInMs(now: Millis, nextSeekAt: Millis | null): number | null {
    if (!this.isSupported || this.request !== null || this.#lastAnnounceAt === null) return null;
    return Math.max(0, Math.max(this.notBefore, nextSeekAt ?? now) - now);
  }
}
