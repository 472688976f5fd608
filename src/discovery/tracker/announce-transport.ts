// How an announce travels, or a scrape: HTTP, UDP, a script in tests. The tiers machine decides when, the transport
// only carries.

import type { Address } from '../../model/address.js';
import type { AnnounceParameters } from './protocol/announce-request.js';
import type { AnnounceResponse } from './protocol/announce-response.js';
import type { ScrapeCounts } from './protocol/scrape.js';

export interface AnnounceCall {
  readonly url: string;
  /**
   * Who named the URL: it must lead to an address of the same scope or a wider one, else `forbidden_address`. Undefined: the user, who may
   * name anything.
   */
  readonly origin?: Address;
  readonly parameters: AnnounceParameters;
  /** For all of it. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** To be called once the tracker may know of the announce, before it has answered. */
  readonly onSent: () => void;
}

export interface ScrapeCall extends Pick<AnnounceCall, 'url' | 'origin' | 'timeoutMs' | 'signal'> {
  /** 20 bytes. */
  readonly infoHash: Uint8Array;
}

export interface AnnounceTransport {
  /** Of the URLs it speaks, without colon: `http`. */
  readonly schemes: readonly string[];
  /** Rejects with TrackerError; an abort may reject with anything. */
  announce(call: AnnounceCall): Promise<AnnounceResponse>;
  /** What the tracker knows of the swarm (BEP 48). Rejects as `announce` does. */
  scrape?(call: ScrapeCall): Promise<ScrapeCounts>;
  /** No announce is open any more: gives up what it keeps between them. A later announce opens anew. */
  close?(): void;
}
