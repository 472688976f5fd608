// What one peer has been told of others (BEP 11), so that the next message to it names the differences only. Data only: it is read and
// written in pex.ts.

import type { Address, AddressKey } from '../model/address.js';
import type { Millis } from '../model/time.js';

export interface PexTold {
  /** Whom it believes to be connected to us. */
  readonly addresses: Map<AddressKey, Address>;
  /** When it was last told something. */
  at: Millis | null;
  /** The state's `membership` up to which it knows everything. */
  membership: number;
}
