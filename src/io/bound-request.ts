// A request of the HTTP clients on its way out of one interface: which of a host's addresses it goes to, and from which of ours. Node
// binds to an address only where there is no choice of the other end. Loaded where there is an interface to bind to, and only then.

import type { RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { HttpError } from './http-error.js';
import type { LocalAddress } from './interface-binding.js';
import type { Resolver } from './resolver.js';

/** Where a request may go. */
interface AddressRule {
  /** Of a numeric address of the host. */
  readonly isAllowed: (host: string) => boolean;
  /** What is thrown where none is. */
  readonly forbidden: () => HttpError;
}

/** What changes about a request's options. Throws HttpError. */
export async function bindRequest(
  hostname: string,
  localAddress: LocalAddress,
  resolver: Resolver,
  { isAllowed, forbidden }: AddressRule,
): Promise<Pick<RequestOptions, 'localAddress' | 'family' | 'lookup'>> {
  const hosts = isIP(hostname) === 0 ? await resolver.resolve(hostname) : [hostname];
  if (hosts.length === 0) throw new HttpError('name_not_found', 'host name not found');
  const allowed = hosts.filter((host) => isAllowed(host));
  if (allowed.length === 0) throw forbidden();
  for (const address of allowed) {
    const family = isIP(address) === 4 ? 4 : 6;
    const local = localAddress(family);
    if (local === null) continue;
    const lookup: LookupFunction = (_, { all }, callback) => {
      if (all === true) callback(null, [{ address, family }]);
      else callback(null, address, family);
    };
    return { localAddress: local, family, lookup };
  }
  throw new HttpError('unreachable', 'the interface has no address of that family');
}
