// An upload limit: payload of all peers waits here in one line, so that the limit is shared fairly in the order of asking. That of a torrent
// stands before that of the process. Without a limit nothing waits; the limit may change while it runs, and a pause lets nothing through.

import type { PeerKey } from '../model/ids.js';
import { TokenBucket } from '../net/rate-limiter.js';
import type { Millis } from '../model/time.js';
import { CONFIG } from './config.js';
import { monotonicNow } from './monotonic-clock.js';

interface Waiting {
  readonly peer: PeerKey;
  readonly bytes: number;
  readonly go: () => void;
}

export class UploadGate {
  #bucket: TokenBucket | null;
  #isPaused = false;
  readonly #now: () => Millis;
  readonly #next: UploadGate | null;
  #line: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `bucket` null: no limit. What has passed here goes on to `next`, which is not this gate's to close. */
  constructor(bucket: TokenBucket | null, now: () => Millis, next: UploadGate | null = null) {
    this.#bucket = bucket;
    this.#now = now;
    this.#next = next;
  }

  /** 0: no limit. */
  static ofRate(bytesPerSecond: number, next: UploadGate | null = null): UploadGate {
    return new UploadGate(bucketOf(bytesPerSecond), monotonicNow, next);
  }

  /** From now on; 0: no limit. */
  setRate(bytesPerSecond: number): void {
    this.#bucket = bucketOf(bytesPerSecond);
    this.#serveAnew();
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#serveAnew();
  }

  /** Calls `go` when `bytes` may leave: at once, or later, or never where the peer is forgotten before. */
  pass(peer: PeerKey, bytes: number, go: () => void): void {
    const next = this.#next;
    const onward = next === null ? go : (): void => next.pass(peer, bytes, go);
    if (this.#bucket === null && !this.#isPaused) {
      onward();
      return;
    }
    this.#line.push({ peer, bytes, go: onward });
    this.#serve();
  }

  /** The peer is gone: what waits for it costs neither memory nor the others' time. */
  forget(peer: PeerKey): void {
    this.#next?.forget(peer);
    if (this.#line.some((waiting) => waiting.peer === peer)) this.#line = this.#line.filter((waiting) => waiting.peer !== peer);
  }

  close(): void {
    this.#stopWaiting();
    this.#line = [];
  }

  #serveAnew(): void {
    this.#stopWaiting();
    this.#serve();
  }

  #stopWaiting(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #serve(): void {
    if (this.#timer !== null || this.#isPaused) return;
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      const bucket = this.#bucket;
      const waitMs = bucket?.waitMs(first.bytes, this.#now()) ?? 0;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#serve();
        }, waitMs);
        return;
      }
      bucket?.take(first.bytes, this.#now());
      this.#line.shift();
      first.go();
    }
  }
}

/** Null where there is no limit. */
function bucketOf(bytesPerSecond: number): TokenBucket | null {
  const burstBytes = Math.max(bytesPerSecond / 4, CONFIG.wire.maxBlockBytes);
  return bytesPerSecond > 0 ? new TokenBucket(bytesPerSecond, burstBytes) : null;
}
