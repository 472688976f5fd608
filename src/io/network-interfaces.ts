// The interfaces that a multicast group is joined over: those of networks, not the host's own loop. As names that the system's calls
// take: an address of the interface for IPv4, its name as a zone for IPv6.

import { networkInterfaces } from 'node:os';

/** Each interface once. Empty where the system does not tell. */
export function multicastInterfaces(family: 4 | 6): string[] {
  const names: string[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const own = addresses?.find((address) => !address.internal && address.family === (family === 4 ? 'IPv4' : 'IPv6'));
    if (own !== undefined) names.push(family === 4 ? own.address : `::%${name}`);
  }
  return names;
}
