// Who sent how much, for a receipt: counted from the notices of connections that end, of which there are more than there are peers. The
// addresses are bounded; what comes from more of them is one sum.

import type { ServerNotice } from '../../engine/server-snapshot.js';
import { addressKey, formatAddress } from '../../model/address.js';

export interface PeerShare {
  readonly address: string;
  readonly bytes: number;
}

export interface PeerShares {
  /** Those that sent the most first. */
  readonly peers: readonly PeerShare[];
  /** Of all the others. */
  readonly otherBytes: number;
}

export class PeerBytes {
  readonly #maxAddresses: number;
  readonly #shares = new Map<string, { address: string; bytes: number }>();
  #otherBytes = 0;

  constructor(maxAddresses: number) {
    this.#maxAddresses = maxAddresses;
  }

  note(notice: ServerNotice): void {
    if (notice.type !== 'peer-closed' || notice.payloadBytes === 0) return;
    const key = addressKey(notice.address);
    const share = this.#shares.get(key);
    if (share !== undefined) share.bytes += notice.payloadBytes;
    else if (this.#shares.size >= this.#maxAddresses) this.#otherBytes += notice.payloadBytes;
    else this.#shares.set(key, { address: formatAddress(notice.address), bytes: notice.payloadBytes });
  }

  shares(maxNamed: number): PeerShares {
    const sorted = [...this.#shares.values()].toSorted((a, b) => b.bytes - a.bytes);
    const others = sorted.slice(maxNamed).reduce((sum, share) => sum + share.bytes, this.#otherBytes);
    return { peers: sorted.slice(0, maxNamed), otherBytes: others };
  }
}
