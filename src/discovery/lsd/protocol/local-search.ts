// When we tell the local network which torrents we have, and whom we hear of there (BEP 14), for all our torrents: a
// machine without sockets. Manners: each torrent every five minutes, one announce a minute. What is heard is bounded,
// as anybody on the network can send as many announces as he likes.

import { createAddress, type Address } from '../../../model/address.js';
import { toHex } from '../../../model/ids.js';
import type { Millis } from '../../../model/time.js';
import { decodeLsdAnnounce, MAX_INFO_HASHES } from './lsd-message.js';

export interface LocalSearchLimits {
  /** Between two announces of one torrent. */
  readonly intervalMs: number;
  /** Between two announces. */
  readonly minGapMs: number;
  /** Peers taken for one torrent between two of its announces. */
  readonly maxPeersPerInterval: number;
}

/** By whom a datagram was sent; the port is not the one that peers are taken on. */
export type LocalSearchEvent =
  /** `announces`: else it is only listened for. */
  | { readonly type: 'join'; readonly infoHash: Uint8Array; readonly announces: boolean }
  | { readonly type: 'leave'; readonly infoHash: Uint8Array }
  | { readonly type: 'datagram'; readonly from: Address; readonly bytes: Uint8Array }
  | { readonly type: 'tick' };

export type LocalSearchAction =
  /** To the groups, over every interface. At most MAX_INFO_HASHES. */
  | { readonly type: 'announce'; readonly infoHashes: readonly Uint8Array[] }
  /** `infoHash`: lower-case hex of one that has joined. */
  | { readonly type: 'found'; readonly infoHash: string; readonly address: Address };

interface Member {
  readonly infoHash: Uint8Array;
  dueAt: Millis;
  heard: number;
}

export class LocalSearch {
  readonly #cookie: string;
  readonly #limits: LocalSearchLimits;
  readonly #members = new Map<string, Member>();
  #lastAnnounceAt: Millis = -Infinity;
  /** Datagrams that were no announces, or one too many. */
  dropped = 0;

  /** `cookie`: what our own announces carry. */
  constructor(cookie: string, limits: LocalSearchLimits) {
    this.#cookie = cookie;
    this.#limits = limits;
  }

  /** When `tick` is to come; null where nothing is to be announced. */
  nextTickAt(): Millis | null {
    let due = Infinity;
    for (const member of this.#members.values()) due = Math.min(due, member.dueAt);
    return due === Infinity ? null : Math.max(due, this.#lastAnnounceAt + this.#limits.minGapMs);
  }

  handle(event: LocalSearchEvent, now: Millis): LocalSearchAction[] {
    switch (event.type) {
      case 'join': {
        const key = toHex(event.infoHash);
        if (!this.#members.has(key)) {
          this.#members.set(key, { infoHash: event.infoHash, dueAt: event.announces ? now : Infinity, heard: 0 });
        }
        return [];
      }
      case 'leave':
        this.#members.delete(toHex(event.infoHash));
        return [];
      case 'datagram':
        return this.#hear(event.from, event.bytes);
      case 'tick':
        return this.#announce(now);
      default:
        return event satisfies never;
    }
  }

  #announce(now: Millis): LocalSearchAction[] {
    if (now < this.#lastAnnounceAt + this.#limits.minGapMs) return [];
    const due = [...this.#members.values()].filter((member) => member.dueAt <= now);
    const named = due.toSorted((a, b) => a.dueAt - b.dueAt).slice(0, MAX_INFO_HASHES);
    if (named.length === 0) return [];
    this.#lastAnnounceAt = now;
    for (const member of named) {
      member.dueAt = now + this.#limits.intervalMs;
      member.heard = 0;
    }
    return [{ type: 'announce', infoHashes: named.map((member) => member.infoHash) }];
  }

  #hear(from: Address, bytes: Uint8Array): LocalSearchAction[] {
    const announce = decodeLsdAnnounce(bytes);
    const address = announce === null ? null : createAddress(from.host, announce.port);
    if (announce === null || address === null) {
      this.dropped++;
      return [];
    }
    if (announce.cookie === this.#cookie) return [];
    const found: LocalSearchAction[] = [];
    for (const key of new Set(announce.infoHashes.map((infoHash) => toHex(infoHash)))) {
      const member = this.#members.get(key);
      if (member === undefined) continue;
      if (member.heard >= this.#limits.maxPeersPerInterval) {
        this.dropped++;
        continue;
      }
      member.heard++;
      found.push({ type: 'found', infoHash: key, address });
    }
    return found;
  }
}
