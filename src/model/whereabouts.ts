// Where a host is as far as can be said without looking it up: behind a proxy names are all we have, and the proxy's network is not ours.
// Names that are kept for hosts nearby say so themselves (RFC 6761, 6762, 8375; `internal` is kept by ICANN, and what has no dot is no
// name of the internet); every other name is taken for one on the internet, and whatever it says may turn out to be wrong. Pure.

import { createAddress, type Address } from './address.js';

/** In the place of hosts that are known by name: of RFC 5737 for somewhere on the internet. */
const SOMEWHERE = '192.0.2.1';
const THIS_HOST = '127.0.0.1';
const NEARBY = '10.0.0.1';
/** The last two are Debian's own, in every /etc/hosts. */
const LOOPBACK_NAME = /^(?:.*\.)?localhost$|^ip6-(?:localhost|loopback)$/;
const NEARBY_NAME = /^[^.]+$|\.(?:local|internal|home\.arpa)$/;

/** `host`: a name or numeric, without brackets. An address of its scope (address-scope.ts) with any port; of a number, that itself. */
export function whereaboutsOf(host: string): Address {
  return createAddress(host, 1) ?? { host: placeOfName(host.toLowerCase().replace(/\.$/, '')), port: 1, family: 4 };
}

function placeOfName(name: string): string {
  if (LOOPBACK_NAME.test(name)) return THIS_HOST;
  return NEARBY_NAME.test(name) ? NEARBY : SOMEWHERE;
}
