// The web seeds of a session: found by link, and what the rest of the session asks about all of them. Few (their number is bounded where
// they come in), so that questions about them may go through all.

import type { PeerKey, PieceIndex } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import type { WebSeed, WebSeedLink } from './web-seed.js';

export class WebSeeds {
  readonly #seeds: WebSeed[] = [];
  readonly #links = new Map<PeerKey, WebSeedLink>();

  add(seed: WebSeed): void {
    this.#seeds.push(seed);
    for (const link of seed.links) this.#links.set(link.key, link);
  }

  get all(): readonly WebSeed[] {
    return this.#seeds;
  }

  get count(): number {
    return this.#seeds.length;
  }

  linkOf(key: PeerKey): WebSeedLink | undefined {
    return this.#links.get(key);
  }

  links(): IterableIterator<WebSeedLink> {
    return this.#links.values();
  }

  /** Some may still bring what is missing, now or after a while. */
  get hasUsable(): boolean {
    return this.#seeds.some((seed) => !seed.isDropped);
  }

  get hasBanned(): boolean {
    return this.#seeds.some((seed) => seed.isBanned);
  }

  /** Its bytes are coming. */
  isFetching(piece: PieceIndex): boolean {
    for (const { run } of this.#links.values()) if (run?.current === piece) return true;
    return false;
  }

  /** Requests under way. */
  get runningCount(): number {
    let count = 0;
    for (const { run } of this.#links.values()) if (run !== null) count++;
    return count;
  }

  /** When the first of those that wait may be asked again; null: none waits. */
  nextRetryAt(): Millis | null {
    let next: Millis | null = null;
    for (const { isDropped, retryAt } of this.#seeds) {
      if (!isDropped && retryAt !== null && (next === null || retryAt < next)) next = retryAt;
    }
    return next;
  }
}
