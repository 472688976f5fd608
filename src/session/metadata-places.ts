// Who fetches the metadata together (BEP 9): a few assemblies at a time, one for each size that peers claim, or one for each peer where
// a shared one came to a wrong hash. Places are few, because each may grow to the largest size; so they are for a turn while others wait.

import type { PeerKey } from '../model/ids.js';
import type { Millis } from '../model/time.js';
import { MetadataAssembly } from './metadata-assembly.js';

export interface PlaceLimits {
  /** Several sizes, or peers that fetch alone, at a time. */
  readonly maxAssemblies: number;
  /** While others wait for a place, what has had one for so long and is the furthest from its end gives it up. */
  readonly turnMs: number;
}

export class MetadataPlaces {
  readonly #limits: PlaceLimits;
  /** Sizes for which the shared try has failed. */
  readonly #disputed = new Set<number>();
  #assemblies: MetadataAssembly[] = [];

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** Where a peer that claims this size takes part; null while all places are taken. */
  join(peer: PeerKey, size: number, now: Millis): MetadataAssembly | null {
    const isSolo = this.#disputed.has(size);
    const shared = isSolo ? undefined : this.#assemblies.find((other) => other.size === size && other.soloist === null);
    if (shared !== undefined) return shared;
    if (this.#assemblies.length >= this.#limits.maxAssemblies) return null;
    const assembly = new MetadataAssembly(size, isSolo ? peer : null, now);
    this.#assemblies.push(assembly);
    return assembly;
  }

  /** It is over: whole, or nobody takes part any more. */
  close(assembly: MetadataAssembly): void {
    this.#assemblies = this.#assemblies.filter((other) => other !== assembly);
  }

  /** Several took part in a wrong hash: from now on each peer with this size fetches alone. */
  dispute(size: number): void {
    this.#disputed.add(size);
  }

  /** What is to give up its place, with somebody waiting; null where all places are new, or one is free. */
  slowest(now: Millis): MetadataAssembly | null {
    if (this.#assemblies.length < this.#limits.maxAssemblies) return null;
    const served = this.#assemblies.filter(({ startedAt }) => now >= startedAt + this.#limits.turnMs);
    return served.toSorted((a, b) => b.remainingMs(now) - a.remainingMs(now))[0] ?? null;
  }
}
