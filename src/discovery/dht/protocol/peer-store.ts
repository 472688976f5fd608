// Peers that have announced themselves to us, for others to find (BEP 5). Bounded for each torrent and in all: where it is full, what was
// announced longest ago goes. An announce counts for a while only.

import { addressKey, type Address, type AddressKey } from '../../../model/address.js';
import { toHex } from '../../../model/ids.js';
import type { Millis } from '../../../model/time.js';
import { addToFilter, createFilter } from './bloom-filter.js';
import type { StoreLimits } from './dht-terms.js';

interface StoredPeer {
  readonly address: Address;
  readonly isSeed: boolean;
  readonly announcedAt: Millis;
}

/** Those of a torrent, the one announced longest ago first. */
type Peers = Map<AddressKey, StoredPeer>;

export class PeerStore {
  readonly #limits: StoreLimits;
  /** The one announced to longest ago first. */
  readonly #torrents = new Map<string, Peers>();
  #size = 0;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  /** Peers of all torrents. */
  get size(): number {
    return this.#size;
  }

  get torrents(): number {
    return this.#torrents.size;
  }

  add(infoHash: Uint8Array, address: Address, isSeed: boolean, now: Millis): void {
    const { maxPeersPerTorrent, maxStoredPeers, maxStoredTorrents } = this.#limits;
    const key = toHex(infoHash);
    const peers = this.#torrents.get(key) ?? new Map<AddressKey, StoredPeer>();
    this.#torrents.delete(key);
    this.#torrents.set(key, peers);
    this.#drop(peers, addressKey(address));
    peers.set(addressKey(address), { address, isSeed, announcedAt: now });
    this.#size++;
    while (peers.size > maxPeersPerTorrent) this.#dropFirst(peers);
    while (this.#size > maxStoredPeers || this.#torrents.size > maxStoredTorrents) this.#dropFromOldest();
  }

  /** Up to `count`, chosen by `choose` (an index below its argument): nobody is always among them. */
  find(infoHash: Uint8Array, count: number, noSeeds: boolean, choose: (bound: number) => number, now: Millis): Address[] {
    const found = this.#alive(infoHash, now).filter(({ isSeed }) => !noSeeds || !isSeed);
    for (let i = 0; i < Math.min(count, found.length); i++) {
      const j = i + choose(found.length - i);
      [found[i], found[j]] = [found[j], found[i]];
    }
    return found.slice(0, count).map(({ address }) => address);
  }

  /** The filters of BEP 33; null where nothing is known of the torrent. */
  filters(infoHash: Uint8Array, now: Millis): { seeds: Uint8Array; peers: Uint8Array } | null {
    const alive = this.#alive(infoHash, now);
    if (alive.length === 0) return null;
    const filters = { seeds: createFilter(), peers: createFilter() };
    for (const { address, isSeed } of alive) addToFilter(isSeed ? filters.seeds : filters.peers, address);
    return filters;
  }

  /** Forgets those whose time is over, of the torrent asked for. */
  #alive(infoHash: Uint8Array, now: Millis): StoredPeer[] {
    const key = toHex(infoHash);
    const peers = this.#torrents.get(key);
    if (peers === undefined) return [];
    for (const [address, { announcedAt }] of peers) {
      if (now - announcedAt < this.#limits.peerLifeMs) break;
      this.#drop(peers, address);
    }
    if (peers.size === 0) this.#torrents.delete(key);
    return [...peers.values()];
  }

  #dropFromOldest(): void {
    for (const [key, peers] of this.#torrents) {
      this.#dropFirst(peers);
      if (peers.size === 0) this.#torrents.delete(key);
      else if (this.#torrents.size > this.#limits.maxStoredTorrents) {
        this.#size -= peers.size;
        this.#torrents.delete(key);
      }
      return;
    }
  }

  #dropFirst(peers: Peers): void {
    for (const address of peers.keys()) {
      this.#drop(peers, address);
      return;
    }
  }

  #drop(peers: Peers, address: AddressKey): void {
    if (peers.delete(address)) this.#size--;
  }
}
