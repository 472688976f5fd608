// Addresses that stand for a name which only a proxy looks up: a session knows numeric addresses and nothing else. They are of the block
// that leads nowhere (RFC 6666, 100::/64), so that one that got out by mistake reaches nobody, and strangers may not name them.

import { encodeCompactAddress, type Address } from './address.js';

const PREFIX = [0x01, 0, 0, 0, 0, 0, 0, 0];

/** The host of number `index`, 1 … 65535. */
export function standInHost(index: number): string {
  return `100::${index.toString(16)}`;
}

export function isStandIn(address: Address): boolean {
  if (address.family !== 6) return false;
  const bytes = encodeCompactAddress(address);
  return PREFIX.every((byte, at) => bytes[at] === byte);
}
