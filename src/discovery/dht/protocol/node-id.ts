// Ids of nodes and how far they are from each other (BEP 5), and the rule that ties an id to its node's address (BEP 42): whoever wants
// to sit beside a torrent needs an address for it. Addresses of a local network are free of the rule.

import { addressScope } from '../../../model/address-scope.js';
import { encodeCompactAddress, type Address } from '../../../model/address.js';

/** 20 bytes, as an info hash has: both are points of one space. */
export type NodeId = Uint8Array;

export const NODE_ID_BYTES = 20;

/** Where a node is, and which point of the space is its own. */
export interface NodeContact {
  readonly id: NodeId;
  readonly address: Address;
}

/** Of so many bytes, hard to guess. */
export type RandomBytes = (length: number) => Uint8Array;

const IPV4_MASK = [0x03, 0x0f, 0x3f, 0xff];
const IPV6_MASK = [0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff];

/** Below 0 where `a` is nearer to `target` than `b`, as a comparison for sorting. */
export function compareDistance(target: NodeId, a: NodeId, b: NodeId): number {
  for (let i = 0; i < NODE_ID_BYTES; i++) {
    const difference = (a[i] ^ target[i]) - (b[i] ^ target[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** How many leading bits are the same: 0 … 160. */
export function commonBits(a: NodeId, b: NodeId): number {
  for (let i = 0; i < NODE_ID_BYTES; i++) {
    const difference = a[i] ^ b[i];
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24;
  }
  return NODE_ID_BYTES * 8;
}

/** A point that shares just the first `bits` bits with `id`; 0 … 159. */
export function idInBucket(id: NodeId, bits: number, randomBytes: RandomBytes): NodeId {
  const made = randomBytes(NODE_ID_BYTES);
  const at = bits >> 3;
  made.set(id.subarray(0, at));
  const keep = 0xff << (8 - (bits & 7));
  const flip = 0x80 >> (bits & 7);
  made[at] = (id[at] & keep) | (~id[at] & flip) | (made[at] & ~keep & ~flip);
  return made;
}

/** CRC-32C (Castagnoli), unsigned. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/** The checksum whose first 21 bits an id at this address begins with. */
function prefixOf(address: Address, lastByte: number): number {
  const mask = address.family === 4 ? IPV4_MASK : IPV6_MASK;
  const bytes = encodeCompactAddress(address).slice(0, mask.length);
  for (const [i, bits] of mask.entries()) bytes[i] &= bits;
  bytes[0] |= (lastByte & 7) << 5;
  return crc32c(bytes);
}

/** An id for a node at `address`; any id where the address is not known. */
export function makeNodeId(address: Address | null, randomBytes: RandomBytes): NodeId {
  const id = randomBytes(NODE_ID_BYTES);
  if (address === null) return id;
  const prefix = prefixOf(address, id[19]);
  id[0] = prefix >>> 24;
  id[1] = prefix >>> 16;
  id[2] = ((prefix >>> 8) & 0xf8) | (id[2] & 7);
  return id;
}

/** Whether a node at `address` may have the id (BEP 42). */
export function fitsAddress(id: NodeId, address: Address): boolean {
  if (addressScope(address) !== 'global') return true;
  const prefix = prefixOf(address, id[19]);
  return id[0] === prefix >>> 24 && id[1] === ((prefix >>> 16) & 0xff) && ((id[2] ^ (prefix >>> 8)) & 0xf8) === 0;
}

/** What may be one owner's: the host itself and its /24, or /64 of IPv6. Local addresses are all their own. */
export interface Neighbourhood {
  readonly host: string;
  readonly network: string | null;
}

export function neighbourhoodOf(address: Address): Neighbourhood {
  if (addressScope(address) !== 'global') return { host: `${address.host} ${address.port}`, network: null };
  const bytes = encodeCompactAddress(address).subarray(0, address.family === 4 ? 3 : 8);
  return { host: address.host, network: bytes.join('.') };
}
