// The way to the nodes nearest to a point (BEP 5): those known are asked for nearer ones, a few at a time, until the nearest that are
// there have all answered. Nodes whose id does not fit their address (BEP 42) are asked, but the end does not depend on them; those named
// by a node whose others are not there are not asked any more. Bounded in questions, and in what strangers can make it remember.

import { addressKey, type Address, type AddressKey } from '../../../model/address.js';
import type { LookupLimits } from './dht-terms.js';
import { compareDistance, fitsAddress, neighbourhoodOf, type NodeContact, type NodeId } from './node-id.js';

interface Candidate {
  /** Null: not known before it answers. */
  id: NodeId | null;
  readonly address: Address;
  state: 'fresh' | 'asked' | 'slow' | 'answered' | 'failed';
  /** 0: known from the start. */
  readonly hop: number;
  token: Uint8Array | null;
  fits: boolean;
  /** Who named it; null: we knew it. */
  readonly teller: Candidate | null;
  /** Of those that it named: how many are silent, less how many answered. */
  debts: number;
}

/** Silent ones beyond those that answer, after which a teller is not believed: some of what an honest one names is gone, too. */
const MAX_DEBTS = 3;

/** Remembered besides those that are near: beyond, the farthest are forgotten. */
const MAX_CANDIDATES = 200;

export class Lookup {
  readonly target: NodeId;
  readonly #bucketSize: number;
  readonly #limits: LookupLimits;
  readonly #hosts = new Set<string>();
  readonly #byAddress = new Map<AddressKey, Candidate>();
  /** The nearest first; those without an id last. */
  #sorted: Candidate[] = [];
  #underWay = 0;
  #queries = 0;
  #answers = 0;

  constructor(target: NodeId, bucketSize: number, limits: LookupLimits) {
    this.target = target;
    this.#bucketSize = bucketSize;
    this.#limits = limits;
  }

  /** Questions asked. */
  get queries(): number {
    return this.#queries;
  }

  /** Nodes that have answered. */
  get answers(): number {
    return this.#answers;
  }

  /** So few have answered that anybody is of interest. */
  get isPoor(): boolean {
    return this.#answers < this.#bucketSize;
  }

  /** Nobody is left to be asked or waited for. */
  get isDone(): boolean {
    return this.#underWay === 0 && !this.#sorted.some(({ state }) => state === 'slow') && this.#nextFresh() === null;
  }

  /** Steps to the farthest of the nearest that have answered. */
  get hops(): number {
    return this.#nearest('answered').reduce((most, { hop }) => Math.max(most, hop + 1), 0);
  }

  /** Others to ask. Of a host only one: an id costs nothing, an address does. */
  add(contacts: readonly { readonly id: NodeId | null; readonly address: Address }[], by: Address | null = null): void {
    const teller = by === null ? null : (this.#byAddress.get(addressKey(by)) ?? null);
    const hop = teller === null ? 0 : teller.hop + 1;
    for (const { id, address } of contacts) {
      const key = addressKey(address);
      const { host } = neighbourhoodOf(address);
      if (this.#byAddress.has(key) || this.#hosts.has(host)) continue;
      this.#byAddress.set(key, { id, address, state: 'fresh', hop, token: null, fits: true, teller, debts: 0 });
      this.#hosts.add(host);
    }
    this.#sort();
  }

  /** Whom to ask now, counted as asked from here on; null where it is time to wait, or the end. */
  next(): NodeContact['address'] | null {
    if (this.#underWay >= this.#limits.parallel) return null;
    const candidate = this.#nextFresh();
    if (candidate === null) return null;
    candidate.state = 'asked';
    this.#underWay++;
    this.#queries++;
    return candidate.address;
  }

  /** It answered as `id`, and named its token. */
  noteAnswer({ id, address }: NodeContact, token: Uint8Array | null): void {
    const candidate = this.#leave(address);
    if (candidate === null) return;
    this.#settle(candidate, candidate.state === 'slow' ? -2 : -1);
    candidate.state = 'answered';
    candidate.id = id;
    candidate.token = token;
    candidate.fits = fitsAddress(id, address);
    this.#answers++;
    this.#sort();
  }

  noteFailure(address: Address): void {
    const candidate = this.#leave(address);
    if (candidate === null) return;
    if (candidate.state === 'asked') this.#settle(candidate, 1);
    candidate.state = 'failed';
  }

  /** Others need not wait for it any more; its answer counts all the same. */
  noteSlow(address: Address): void {
    const candidate = this.#byAddress.get(addressKey(address));
    if (candidate?.state !== 'asked') return;
    candidate.state = 'slow';
    this.#settle(candidate, 1);
    this.#underWay--;
  }

  /** The nearest that have answered with a token, and whose ids fit. */
  storers(): { readonly address: Address; readonly token: Uint8Array }[] {
    return this.#nearest('answered').flatMap(({ address, token }) => (token === null ? [] : { address, token }));
  }

  #leave(address: Address): Candidate | null {
    const candidate = this.#byAddress.get(addressKey(address));
    if (candidate === undefined || (candidate.state !== 'asked' && candidate.state !== 'slow')) return null;
    if (candidate.state === 'asked') this.#underWay--;
    return candidate;
  }

  #settle({ teller }: Candidate, debts: number): void {
    if (teller !== null) teller.debts = Math.max(teller.debts + debts, -1);
  }

  #nextFresh(): Candidate | null {
    if (this.#queries >= this.#limits.maxQueriesPerLookup) return null;
    let nearer = 0;
    for (const candidate of this.#sorted) {
      if (candidate.state === 'fresh') {
        if (candidate.teller === null || candidate.teller.debts < MAX_DEBTS) return candidate;
        continue;
      }
      // Who is slow may be gone, and who does not fit may be there to mislead: neither is one of those that are looked for.
      if (candidate.state === 'asked' || (candidate.state === 'answered' && candidate.fits)) nearer++;
      if (nearer >= this.#bucketSize) return null;
    }
    return null;
  }

  #nearest(state: Candidate['state']): Candidate[] {
    return this.#sorted.filter((candidate) => candidate.state === state && candidate.fits).slice(0, this.#bucketSize);
  }

  #sort(): void {
    this.#sorted = [...this.#byAddress.values()].toSorted((a, b) => {
      if (a.id === null || b.id === null) return Number(a.id === null) - Number(b.id === null);
      return compareDistance(this.target, a.id, b.id);
    });
    for (let i = this.#sorted.length - 1; i >= 0 && this.#sorted.length > MAX_CANDIDATES; i--) {
      const { state, address } = this.#sorted[i];
      if (state !== 'fresh' && state !== 'failed') continue;
      this.#byAddress.delete(addressKey(address));
      this.#hosts.delete(neighbourhoodOf(address).host);
      this.#sorted.splice(i, 1);
    }
  }
}
