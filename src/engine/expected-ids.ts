// The ids that trackers gave for peers (BEP 3, answers that are not compact): whoever answers a dial under another one is not who was meant, and
// the connection ends. Once: a peer that was started again has a new id, which its tracker may not know yet, so the next dial
// takes whoever is there.

import { addressKey, type Address, type AddressKey } from '../model/address.js';
import type { PeerId } from '../model/ids.js';

export class ExpectedIds {
  readonly #limit: number;
  readonly #ids = new Map<AddressKey, PeerId>();

  /** `limit`: those of the longest ago are forgotten beyond it. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The last word counts. */
  note(ids: ReadonlyMap<AddressKey, PeerId>): void {
    for (const [key, id] of ids) {
      this.#ids.delete(key);
      this.#ids.set(key, id);
      if (this.#ids.size <= this.#limit) continue;
      for (const oldest of this.#ids.keys()) {
        this.#ids.delete(oldest);
        break;
      }
    }
  }

  /** For a side's `expectedPeerId`: empty where nobody said. */
  of(address: Address): { expectedPeerId?: PeerId } {
    const expectedPeerId = this.#ids.get(addressKey(address));
    return expectedPeerId === undefined ? {} : { expectedPeerId };
  }

  forget(address: Address): void {
    this.#ids.delete(addressKey(address));
  }
}
