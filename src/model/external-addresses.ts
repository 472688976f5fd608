// Where the world sees us: our addresses as trackers (BEP 24, `external ip`) and peers (BEP 10, `yourip`) tell them. Each of them may lie,
// so they vote, one vote a voter and family; an address of wider scope wins over any number of votes for a narrower one, for behind a
// router the neighbours see a private address and everybody else the true one. Pure; one of these serves all torrents.

import { AddressBallot } from './address-ballot.js';
import { isDialable } from './address-scope.js';
import { createAddress, encodeCompactAddress, type Address } from './address.js';

/** Only the host counts. */
const ANY_PORT = 1;

/** Who is one voter: an IPv4 host, or the network of 64 bits that an IPv6 host may take any address of. */
function voterOf(source: Address): string {
  return source.family === 4 ? source.host : encodeCompactAddress(source).slice(0, 8).join('.');
}

export class ExternalAddresses {
  readonly #ballots: { readonly 4: AddressBallot; readonly 6: AddressBallot };
  #revision = 0;

  /** `maxVoters`: remembered for each family. */
  constructor(maxVoters: number) {
    this.#ballots = { 4: new AddressBallot(maxVoters), 6: new AddressBallot(maxVoters) };
  }

  /** A peer at `source` sees us at the host: numeric, and of the family that it can see. Anything else is no vote. */
  hearFromPeer(source: Address, host: string): void {
    const address = createAddress(host, ANY_PORT);
    if (address !== null && address.family === source.family) this.#vote(voterOf(source), address);
  }

  /** A tracker does; `tracker` is its host as the torrent names it. */
  hearFromTracker(tracker: string, host: string): void {
    const address = createAddress(host, ANY_PORT);
    if (address !== null) this.#vote(`tracker ${tracker}`, address);
  }

  /** Our address of the family as most see it; null where nobody has told one. */
  host(family: 4 | 6): string | null {
    return this.#ballots[family].winner;
  }

  /** Those that are known, IPv4 first. */
  get hosts(): string[] {
    return [this.host(4), this.host(6)].filter((host) => host !== null);
  }

  /** Grows whenever one of them changes. */
  get revision(): number {
    return this.#revision;
  }

  #vote(voter: string, address: Address): void {
    if (isDialable(address) && this.#ballots[address.family].vote(voter, address)) this.#revision++;
  }
}
