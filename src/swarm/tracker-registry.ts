// Who is in which swarm, for our own tracker. Bounded, since it may run for long beside other people's clients:
// the one that has been silent longest goes first.

import { addressKey, type Address } from '../model/address.js';
import type { ParsedAnnounce } from './announce-query.js';

export interface RegisteredPeer {
  readonly peerId: Uint8Array;
  readonly address: Address;
  readonly isSeed: boolean;
  /** Wants nothing more and lacks something (BEP 21). */
  readonly isPartialSeed: boolean;
}

const MAX_TORRENTS = 1000;
const MAX_PEERS = 2000;

/** Drops the oldest entry where there are more than `limit`: a Map remembers in which order keys came. */
function bound(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

export class TrackerRegistry {
  readonly #torrents = new Map<string, Map<string, RegisteredPeer>>();

  note(announce: ParsedAnnounce): void {
    const peers = this.#torrents.get(announce.infoHash) ?? new Map<string, RegisteredPeer>();
    const key = addressKey(announce.address);
    this.#torrents.delete(announce.infoHash);
    peers.delete(key);
    if (announce.event !== 'stopped') {
      const isSeed = announce.left === 0;
      const isPartialSeed = !isSeed && announce.event === 'paused';
      peers.set(key, { peerId: announce.peerId, address: announce.address, isSeed, isPartialSeed });
    }
    bound(peers, MAX_PEERS);
    if (peers.size > 0) this.#torrents.set(announce.infoHash, peers);
    bound(this.#torrents, MAX_TORRENTS);
  }

  /** Those heard of last come last. `infoHash` in lower-case hexadecimal. */
  peersOf(infoHash: string): RegisteredPeer[] {
    return [...(this.#torrents.get(infoHash)?.values() ?? [])];
  }
}
