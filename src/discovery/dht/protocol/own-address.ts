// What our own address is, as nodes see it (BEP 42). One alone is not believed: so many networks must agree, and they are counted anew
// once they did.

import { addressScope } from '../../../model/address-scope.js';
import type { Address } from '../../../model/address.js';
import { neighbourhoodOf } from './node-id.js';

/** Different addresses that are counted at a time. */
const MAX_CLAIMS = 16;

export class OwnAddress {
  readonly #votes: number;
  /** Host → networks that see us there. */
  readonly #claims = new Map<string, Set<string>>();
  #current: Address | null;

  /** `known`: of an earlier run, believed until others agree on another. */
  constructor(votes: number, known: Address | null) {
    this.#votes = votes;
    this.#current = known;
  }

  /** Null: not known, or of a local network only. The port is what a teller saw. */
  get current(): Address | null {
    return this.#current;
  }

  /** True where `current` is another now. Only the internet can tell how the internet sees us. */
  note(seenAs: Address, by: Address): boolean {
    const { network } = neighbourhoodOf(by);
    if (network === null || by.family !== seenAs.family || addressScope(seenAs) !== 'global') return false;
    const networks = this.#claims.get(seenAs.host) ?? new Set();
    if (!this.#claims.has(seenAs.host) && this.#claims.size >= MAX_CLAIMS) this.#claims.clear();
    this.#claims.set(seenAs.host, networks);
    networks.add(network);
    if (networks.size < this.#votes) return false;
    this.#claims.clear();
    const isNew = this.#current?.host !== seenAs.host;
    this.#current = seenAs;
    return isNew;
  }
}
