// The interfaces that a multicast group is joined over, and who is on their networks: those of real networks, not the host's own loop,
// unless it is just one address that counts. Names are as the system's calls take them: an address of the interface for IPv4, its name
// as a zone for IPv6.

import { BlockList } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import type { Address } from '../model/address.js';

/** Interfaces that are joined at most: each costs a descriptor, and a host of containers has hundreds. */
const MAX_INTERFACES = 8;

function addressesOf(host: string | undefined): [name: string, info: NetworkInterfaceInfo][] {
  return Object.entries(networkInterfaces()).flatMap(([name, infos = []]) =>
    infos
      .filter((info) => (host === undefined ? !info.internal : info.address === host))
      .map((info): [string, NetworkInterfaceInfo] => [name, info]),
  );
}

/** Each interface once, the first 8; with `host` that of this address only. Empty where the system does not tell. */
export function multicastInterfaces(family: 4 | 6, host?: string): string[] {
  const own = addressesOf(host).filter(([, info]) => info.family === (family === 4 ? 'IPv4' : 'IPv6'));
  const names = new Map(own.map(([name, info]) => [name, family === 4 ? info.address : `::%${name}`]));
  return [...names.values()].slice(0, MAX_INTERFACES);
}

/** Whether an address is on one of these networks. Link-local ones of IPv6 are not: without their zone nobody can be dialled there. */
export function neighbourhood(host?: string): (address: Address) => boolean {
  const networks = new BlockList();
  for (const [, { cidr, family }] of addressesOf(host)) {
    const [network, prefix] = cidr?.split('/') ?? [];
    if (network === undefined || prefix === undefined || /^fe[89ab]/i.test(network)) continue;
    networks.addSubnet(network, Number(prefix), family === 'IPv4' ? 'ipv4' : 'ipv6');
  }
  return (address) => networks.check(address.host, address.family === 4 ? 'ipv4' : 'ipv6');
}
