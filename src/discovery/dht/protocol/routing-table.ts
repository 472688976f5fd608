// The nodes we know (BEP 5): a bucket for each count of leading bits that a node's id shares with ours, so that the near ones are known
// well. Only who has answered gets in. One node a host and few of a network, so that nobody fills it alone; who waits takes the place of
// who is gone, and ids that fit their address (BEP 42) that of those that don't.

import { addressKey, type Address, type AddressKey } from '../../../model/address.js';
import { equalBytes } from '../../../model/ids.js';
import type { Millis } from '../../../model/time.js';
import type { RoutingLimits } from './dht-terms.js';
import { commonBits, compareDistance, fitsAddress, neighbourhoodOf, type NodeContact, type NodeId } from './node-id.js';

interface Entry extends NodeContact {
  readonly fits: boolean;
  answeredAt: Millis;
  /** When it last asked or answered. */
  seenAt: Millis;
  /** Questions in a row that it left open. */
  failures: number;
}

interface Bucket {
  readonly entries: Entry[];
  /** Answered, but there was no room; the newest last. */
  readonly waiting: Entry[];
  changedAt: Millis;
}

export class RoutingTable {
  readonly #ownId: NodeId;
  readonly #limits: RoutingLimits;
  /** By the number of common bits. */
  readonly #buckets = new Map<number, Bucket>();
  readonly #byAddress = new Map<AddressKey, Entry>();
  readonly #hosts = new Set<string>();
  readonly #networks = new Map<string, number>();

  constructor(ownId: NodeId, limits: RoutingLimits) {
    this.#ownId = ownId;
    this.#limits = limits;
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /** Those that are believed to be there. */
  goodCount(now: Millis): number {
    let count = 0;
    for (const entry of this.#byAddress.values()) if (this.#isGood(entry, now)) count++;
    return count;
  }

  /** Not known to be gone, in no order. */
  nodes(): NodeContact[] {
    return [...this.#byAddress.values()].filter((entry) => !this.#isBad(entry));
  }

  /** The nearest first. `onlyGood` for what is named to others. */
  closest(target: NodeId, count: number, onlyGood: boolean, now: Millis): NodeContact[] {
    const usable = [...this.#byAddress.values()].filter((entry) => (onlyGood ? this.#isGood(entry, now) : !this.#isBad(entry)));
    return usable.toSorted((a, b) => compareDistance(target, a.id, b.id)).slice(0, count);
  }

  /** Whether a ping is worth it: one that would find room. */
  wants({ id, address }: NodeContact): boolean {
    if (equalBytes(id, this.#ownId) || this.#byAddress.has(addressKey(address)) || !this.#isWelcome(address)) return false;
    const bucket = this.#buckets.get(commonBits(this.#ownId, id));
    if (bucket === undefined || bucket.entries.length < this.#limits.bucketSize) return true;
    return bucket.entries.some((entry) => this.#isBad(entry) || !entry.fits);
  }

  /** It has answered us. */
  noteAnswer({ id, address }: NodeContact, now: Millis): void {
    if (equalBytes(id, this.#ownId)) return;
    const known = this.#byAddress.get(addressKey(address));
    if (known !== undefined && equalBytes(known.id, id)) {
      known.answeredAt = now;
      known.seenAt = now;
      known.failures = 0;
      this.#bucketOf(id, now).changedAt = now;
      return;
    }
    // Another node is there now.
    if (known !== undefined) this.#remove(known);
    if (!this.#isWelcome(address)) return;
    const fits = fitsAddress(id, address);
    this.#admit({ id, address, fits, answeredAt: now, seenAt: now, failures: 0 }, now);
  }

  /** It has asked us; false where it is not known. */
  noteQuery({ id, address }: NodeContact, now: Millis): boolean {
    const known = this.#byAddress.get(addressKey(address));
    if (known === undefined || !equalBytes(known.id, id)) return false;
    known.seenAt = now;
    return true;
  }

  /** It has left a question open. */
  noteFailure(address: Address): void {
    const entry = this.#byAddress.get(addressKey(address));
    if (entry === undefined) return;
    entry.failures++;
    if (!this.#isBad(entry)) return;
    const { waiting } = this.#bucketOf(entry.id, entry.seenAt);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (!this.#isWelcome(next.address, entry)) continue;
      this.#remove(entry);
      this.#place(next);
      return;
    }
  }

  /** One whose silence makes it doubtful, in the bucket of that id: a ping tells whether it makes room. */
  doubtful(id: NodeId, now: Millis): NodeContact | null {
    const entries = this.#buckets.get(commonBits(this.#ownId, id))?.entries ?? [];
    if (entries.length < this.#limits.bucketSize) return null;
    const doubtful = entries.filter((entry) => !this.#isGood(entry, now));
    return doubtful.toSorted((a, b) => a.seenAt - b.seenAt)[0] ?? null;
  }

  /** Of those not known to be gone, the one that has been silent for longest, where that is at least since `before`. */
  mostSilent(before: Millis): NodeContact | null {
    let silent: Entry | null = null;
    for (const entry of this.#byAddress.values()) {
      if (!this.#isBad(entry) && entry.seenAt <= before && (silent === null || entry.seenAt < silent.seenAt)) silent = entry;
    }
    return silent;
  }

  /**
   * Common bits of the bucket that has had no news for longest, where that is at least since `before`; null where none is due. One that
   * was never heard of, though nearer ones are known, comes first.
   */
  staleBucket(before: Millis): number | null {
    const deepest = [...this.#byAddress.values()].reduce((most, { id }) => Math.max(most, commonBits(this.#ownId, id)), -1);
    let stalest: [bits: number, changedAt: Millis] | null = null;
    for (let bits = 0; bits <= deepest; bits++) {
      const changedAt = this.#buckets.get(bits)?.changedAt ?? Number.NEGATIVE_INFINITY;
      if (changedAt <= before && (stalest === null || changedAt < stalest[1])) stalest = [bits, changedAt];
    }
    return stalest?.[0] ?? null;
  }

  /** It is being looked after. */
  touch(bits: number, now: Millis): void {
    this.#bucket(bits, now).changedAt = now;
  }

  #admit(entry: Entry, now: Millis): void {
    const bucket = this.#bucketOf(entry.id, now);
    if (bucket.entries.length >= this.#limits.bucketSize) {
      const loser =
        bucket.entries.find((other) => this.#isBad(other)) ??
        (entry.fits ? bucket.entries.find((other) => !other.fits) : undefined);
      if (loser === undefined) {
        const known = bucket.waiting.findIndex(({ address }) => addressKey(address) === addressKey(entry.address));
        if (known >= 0) bucket.waiting.splice(known, 1);
        bucket.waiting.push(entry);
        if (bucket.waiting.length > this.#limits.bucketSize) bucket.waiting.shift();
        return;
      }
      this.#remove(loser);
    }
    this.#place(entry);
    bucket.changedAt = now;
  }

  #place(entry: Entry): void {
    this.#bucketOf(entry.id, entry.seenAt).entries.push(entry);
    this.#byAddress.set(addressKey(entry.address), entry);
    const { host, network } = neighbourhoodOf(entry.address);
    this.#hosts.add(host);
    if (network !== null) this.#networks.set(network, (this.#networks.get(network) ?? 0) + 1);
  }

  #remove(entry: Entry): void {
    const { entries } = this.#bucketOf(entry.id, entry.seenAt);
    entries.splice(entries.indexOf(entry), 1);
    this.#byAddress.delete(addressKey(entry.address));
    const { host, network } = neighbourhoodOf(entry.address);
    this.#hosts.delete(host);
    if (network === null) return;
    const left = (this.#networks.get(network) ?? 1) - 1;
    if (left === 0) this.#networks.delete(network);
    else this.#networks.set(network, left);
  }

  /** Whether its host and network leave room for it, once `leaving` has gone. */
  #isWelcome(address: Address, leaving: NodeContact | null = null): boolean {
    const { host, network } = neighbourhoodOf(address);
    const gone = leaving === null ? null : neighbourhoodOf(leaving.address);
    if (this.#hosts.has(host) && gone?.host !== host) return false;
    if (network === null) return true;
    const count = (this.#networks.get(network) ?? 0) - (gone?.network === network ? 1 : 0);
    return count < this.#limits.maxPerNetwork;
  }

  #bucketOf(id: NodeId, now: Millis): Bucket {
    return this.#bucket(commonBits(this.#ownId, id), now);
  }

  #bucket(bits: number, now: Millis): Bucket {
    let bucket = this.#buckets.get(bits);
    if (bucket === undefined) {
      bucket = { entries: [], waiting: [], changedAt: now };
      this.#buckets.set(bits, bucket);
    }
    return bucket;
  }

  #isBad(entry: Entry): boolean {
    return entry.failures >= this.#limits.maxFailures;
  }

  #isGood(entry: Entry, now: Millis): boolean {
    return entry.failures === 0 && now - entry.seenAt < this.#limits.goodForMs;
  }
}
