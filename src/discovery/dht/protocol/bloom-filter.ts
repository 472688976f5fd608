// The filters of BEP 33: sets of IP addresses in 256 bytes, which can be joined and whose size can be estimated. No ports: a host counts
// once.

import { sha1 } from '../../../hash/digest.js';
import { encodeCompactAddress, type Address } from '../../../model/address.js';

export const FILTER_BYTES = 256;

const BITS = FILTER_BYTES * 8;
const HASHES = 2;

export function createFilter(): Uint8Array {
  return new Uint8Array(FILTER_BYTES);
}

export function addToFilter(filter: Uint8Array, address: Address): void {
  for (const index of indicesOf(address)) filter[index >> 3] |= 1 << (index & 7);
}

/** True also for some that were never added. */
export function isInFilter(filter: Uint8Array, address: Address): boolean {
  return indicesOf(address).every((index) => (filter[index >> 3] & (1 << (index & 7))) !== 0);
}

/** `filter` holds what either held. */
export function joinFilter(filter: Uint8Array, other: Uint8Array): void {
  for (const [i, byte] of other.entries()) filter[i] |= byte;
}

/** About how many addresses it holds: no whole number, and of no use beyond 6000. */
export function estimateFilter(filter: Uint8Array): number {
  let zeros = 0;
  for (const byte of filter) for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) === 0) zeros++;
  const counted = Math.max(1, Math.min(BITS - 1, zeros));
  return zeros === BITS ? 0 : Math.log(counted / BITS) / (HASHES * Math.log(1 - 1 / BITS));
}

function indicesOf(address: Address): number[] {
  const hash = sha1(encodeCompactAddress(address).subarray(0, -2));
  return [(hash[0] | (hash[1] << 8)) % BITS, (hash[2] | (hash[3] << 8)) % BITS];
}
