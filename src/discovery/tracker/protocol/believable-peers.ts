// Which of the peers that a tracker names are believed: those of the tracker's own scope or a wider one. A tracker on the internet must
// not send us to services of our own host or network, whatever they are. What is left out is counted, so that it can be told.

import { mayName } from '../../../model/address-scope.js';
import type { Address } from '../../../model/address.js';
import type { AnnounceResponse } from './announce-response.js';

/** `source`: where the answer came from; null where that is not known, as behind a proxy: then everything stays. */
export function keepBelievable(response: AnnounceResponse, source: Address | null): AnnounceResponse {
  if (source === null) return response;
  const addresses = response.addresses.filter((address) => mayName(source, address));
  return { ...response, addresses, outOfScope: response.addresses.length - addresses.length, source };
}
