// What one peer tells us of others (BEP 11), and how far it is believed: one message a minute is the rule, those that come too soon
// are not even read, a stream of them ends the peer. It may name addresses of its own scope or a wider one only.

import { mayName } from '../model/address-scope.js';
import type { Address } from '../model/address.js';
import type { Millis } from '../model/time.js';
import { decodePexMessage, PEX_FLAGS, type PexPeer } from '../wire/ut-pex.js';
import type { SessionLimits } from './limits.js';

export class PexIntake {
  /** When a message of it was last read. */
  #readAt: Millis | null = null;
  /** Messages since then that came too soon. */
  #earlyCount = 0;

  /**
   * The peers worth knowing of the message; null where it is one too many and the peer is to go. `source` is where the peer is,
   * `wantsSeeds` false leaves out those that it calls seeds. Throws WireError.
   */
  take(payload: Uint8Array, source: Address, wantsSeeds: boolean, limits: SessionLimits, now: Millis): PexPeer[] | null {
    if (this.#readAt !== null && now < this.#readAt + limits.pexMinIntervalMs) {
      this.#earlyCount++;
      return this.#earlyCount > limits.maxEarlyPex ? null : [];
    }
    this.#readAt = now;
    this.#earlyCount = 0;
    return decodePexMessage(payload).added.filter(
      ({ address, flags }) => mayName(source, address) && (wantsSeeds || (flags & PEX_FLAGS.isSeed) === 0),
    );
  }
}
