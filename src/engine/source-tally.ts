// How many addresses each source named, and how many peers came by themselves: counted from the notices of a session or of the fetch of
// a link's metadata, for people who ask where peers come from.

import type { DiscoveryNotice } from '../discovery/peer-source.js';
import type { AddressSource } from '../session/events.js';
import type { Notice } from '../session/notices.js';

export interface FoundAddresses {
  /** With repetitions. */
  readonly named: number;
  /** Those that nobody had named before. */
  readonly added: number;
}

export interface SourceCounts {
  /** By `--peer`, by the link, or met while its metadata was fetched. */
  readonly user: FoundAddresses;
  /** Null where peers are not asked for others. */
  readonly pex: FoundAddresses | null;
  /** Null where the local network is not asked. */
  readonly lsd: FoundAddresses | null;
  /** Peers that came to us; null where nobody can. */
  readonly incoming: number | null;
}

const NOTHING: FoundAddresses = { named: 0, added: 0 };

export class SourceTally {
  readonly #found = new Map<AddressSource, FoundAddresses>();
  readonly #usesPex: boolean;
  readonly #usesLsd: boolean;
  readonly #isListening: boolean;
  #incoming = 0;

  constructor(uses: { readonly pex: boolean; readonly lsd: boolean; readonly listener: boolean }) {
    this.#usesPex = uses.pex;
    this.#usesLsd = uses.lsd;
    this.#isListening = uses.listener;
  }

  note(notice: Notice | DiscoveryNotice): void {
    if (notice.type === 'peer-opened' && notice.incoming) this.#incoming++;
    if (notice.type !== 'addresses-found') return;
    const { named, added } = this.of(notice.source);
    this.#found.set(notice.source, { named: named + notice.count, added: added + notice.added });
  }

  of(source: AddressSource): FoundAddresses {
    return this.#found.get(source) ?? NOTHING;
  }

  counts(): SourceCounts {
    return {
      user: this.of('user'),
      pex: this.#usesPex ? this.of('pex') : null,
      lsd: this.#usesLsd ? this.of('lsd') : null,
      incoming: this.#isListening ? this.#incoming : null,
    };
  }
}
