// One search for a torrent's peers: what its lookup has found so far, how the announce at its end goes, and its outcome. Keeps peers apart
// from what their teller may not name, and takes no more of them than it is told.

import { addressScope, mayName } from '../../../model/address-scope.js';
import { addressKey, type Address, type AddressKey } from '../../../model/address.js';
import { addToFilter, createFilter, estimateFilter, isInFilter, joinFilter } from './bloom-filter.js';
import type { Announce, SearchOutcome } from './dht-terms.js';
import type { Reply } from './krpc-message.js';
import type { Lookup } from './lookup.js';

/** Peers of one host that are believed. */
const MAX_PER_HOST = 4;

export interface SearchOptions {
  readonly number: number;
  readonly infoHash: Uint8Array;
  readonly announce: Announce | null;
  readonly scrape: boolean;
  readonly maxPeers: number;
}

export class Search {
  readonly number: number;
  readonly infoHash: Uint8Array;
  readonly announce: Announce | null;
  readonly scrape: boolean;
  readonly #maxPeers: number;
  readonly #found = new Set<AddressKey>();
  readonly #ofHost = new Map<string, number>();
  readonly #seeds = createFilter();
  readonly #peers = createFilter();
  #hasFilters = false;
  /** Announces that are not answered yet. */
  pendingAnnounces = 0;
  announced = 0;

  constructor({ number, infoHash, announce, scrape, maxPeers }: SearchOptions) {
    this.number = number;
    this.infoHash = infoHash;
    this.announce = announce;
    this.scrape = scrape;
    this.#maxPeers = maxPeers;
  }

  /** The peers of an answer that are new; `onBad` hears how many its teller may not name. */
  take({ values = [], filters }: Reply, from: Address, onBad: (count: number) => void): Address[] {
    if (filters !== undefined) {
      joinFilter(this.#seeds, filters.seeds);
      joinFilter(this.#peers, filters.peers);
      this.#hasFilters = true;
    }
    const named = values.filter((address) => mayName(from, address));
    if (named.length < values.length) onBad(values.length - named.length);
    const fresh = this.add(named);
    // Who answers without filters counts by the peers that it names (BEP 33).
    if (filters === undefined) for (const peer of fresh) if (!isInFilter(this.#seeds, peer)) addToFilter(this.#peers, peer);
    return fresh;
  }

  /** Those that are new, as long as there is room. */
  add(addresses: readonly Address[]): Address[] {
    const fresh: Address[] = [];
    for (const address of addresses) {
      const key = addressKey(address);
      if (this.#found.has(key) || this.#found.size >= this.#maxPeers || !this.#isWelcome(address)) continue;
      this.#found.add(key);
      fresh.push(address);
    }
    return fresh;
  }

  /** A host may have several peers; whoever is named on all its ports is one that somebody wants to be called. */
  #isWelcome(address: Address): boolean {
    if (addressScope(address) !== 'global') return true;
    const count = (this.#ofHost.get(address.host) ?? 0) + 1;
    if (count <= MAX_PER_HOST) this.#ofHost.set(address.host, count);
    return count <= MAX_PER_HOST;
  }

  outcome(lookup: Lookup): SearchOutcome {
    const scrape = { seeds: Math.round(estimateFilter(this.#seeds)), peers: Math.round(estimateFilter(this.#peers)) };
    return {
      nodes: lookup.answers,
      queries: lookup.queries,
      hops: lookup.hops,
      peers: this.#found.size,
      announced: this.announced,
      scrape: this.scrape && this.#hasFilters ? scrape : null,
    };
  }
}
