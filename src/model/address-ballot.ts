// A vote on one address among those who may err or lie: each voter's last word counts, and only that of those who spoke last, so that
// it stays small. An address of wider scope wins over any number of votes for a narrower one. Pure.

import { compareScopes } from './address-scope.js';
import type { Address } from './address.js';

export class AddressBallot {
  readonly #maxVoters: number;
  readonly #votes = new Map<string, Address>();
  #winner: Address | null = null;

  constructor(maxVoters: number) {
    this.#maxVoters = maxVoters;
  }

  get winner(): string | null {
    return this.#winner?.host ?? null;
  }

  /** The last word of a voter counts, and that of those who spoke last. True where this changes the winner. */
  vote(voter: string, address: Address): boolean {
    const before = this.winner;
    this.#votes.delete(voter);
    this.#votes.set(voter, address);
    if (this.#votes.size > this.#maxVoters) {
      const [oldest] = this.#votes.keys();
      this.#votes.delete(oldest);
    }
    this.#winner = this.#count();
    return this.winner !== before;
  }

  /** The widest scope, in it most votes; a draw leaves things as they are. */
  #count(): Address | null {
    const counts = new Map<string, number>();
    for (const { host } of this.#votes.values()) counts.set(host, (counts.get(host) ?? 0) + 1);
    const votesFor = ({ host }: Address): number => counts.get(host) ?? 0;
    let best = this.#winner !== null && votesFor(this.#winner) > 0 ? this.#winner : null;
    for (const address of this.#votes.values()) {
      if (best === null || (compareScopes(address, best) || votesFor(address) - votesFor(best)) > 0) best = address;
    }
    return best;
  }
}
