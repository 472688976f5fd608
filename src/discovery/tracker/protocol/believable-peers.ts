// Which of the peers that a tracker names are believed: those of the tracker's own scope or a wider one. A tracker on the internet must
// not send us to services of our own host or network, whatever they are. What is left out is counted, so that it can be told.

import { mayName } from '../../../model/address-scope.js';
import type { Address } from '../../../model/address.js';
import { whereaboutsOf } from '../../../model/whereabouts.js';
import type { AnnounceResponse } from './announce-response.js';

/** Who is known by a name that a proxy looks up may be in a private network, as its peers may, and is not on the proxy's own host or link. */
const BEHIND_A_NAME: Address = { host: '10.0.0.1', port: 1, family: 4 };

/** `source`: where the answer came from; null where only a proxy knows. */
export function keepBelievable(response: AnnounceResponse, source: Address | null): AnnounceResponse {
  const addresses = response.addresses.filter((address) => mayName(source ?? BEHIND_A_NAME, address));
  const outOfScope = response.addresses.length - addresses.length;
  return { ...response, addresses, outOfScope, ...(source === null ? {} : { source }) };
}

/** Whether such a one names a peer by `host`, a name that the proxy looks up as well. */
export function isBelievableName(host: string): boolean {
  return mayName(BEHIND_A_NAME, whereaboutsOf(host));
}
