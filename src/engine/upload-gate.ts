// The process's upload limit: payload of all torrents and peers waits here in one line, so that the limit is shared fairly in
// the order of asking. Without a limit nothing waits.

import type { PeerKey } from '../model/ids.js';
import type { TokenBucket } from '../net/rate-limiter.js';
import type { Millis } from '../model/time.js';

interface Waiting {
  readonly peer: PeerKey;
  readonly bytes: number;
  readonly go: () => void;
}

export class UploadGate {
  readonly #bucket: TokenBucket | null;
  readonly #now: () => Millis;
  #line: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** `bucket` null: no limit. */
  constructor(bucket: TokenBucket | null, now: () => Millis) {
    this.#bucket = bucket;
    this.#now = now;
  }

  /** Calls `go` when `bytes` may leave: at once, or later, or never where the peer is forgotten before. */
  pass(peer: PeerKey, bytes: number, go: () => void): void {
    if (this.#bucket === null) {
      go();
      return;
    }
    this.#line.push({ peer, bytes, go });
    this.#serve(this.#bucket);
  }

  /** The peer is gone: what waits for it costs neither memory nor the others' time. */
  forget(peer: PeerKey): void {
    if (this.#line.some((waiting) => waiting.peer === peer)) this.#line = this.#line.filter((waiting) => waiting.peer !== peer);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#line = [];
  }

  #serve(bucket: TokenBucket): void {
    if (this.#timer !== null) return;
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      const waitMs = bucket.waitMs(first.bytes, this.#now());
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#serve(bucket);
        }, waitMs);
        return;
      }
      bucket.take(first.bytes, this.#now());
      this.#line.shift();
      first.go();
    }
  }
}
