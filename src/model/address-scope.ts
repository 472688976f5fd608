// From where an address means the same thing: this host, this link, a private network, or everywhere (RFC 6890). Strangers name
// addresses for us to dial: who is on the internet itself must not send us to services of our own host or network. Pure.

import { encodeCompactAddress, type Address } from './address.js';

/** `never`: nobody can be dialled there (unspecified, multicast, broadcast, reserved). */
export type AddressScope = 'never' | 'loopback' | 'link-local' | 'private' | 'global';

/** The wider, the larger. */
const WIDTH: Readonly<Record<AddressScope, number>> = { never: 0, loopback: 1, 'link-local': 2, private: 3, global: 4 };

function scopeOfIpv4(bytes: Uint8Array): AddressScope {
  const [first, second] = bytes;
  if (first === 0 || first >= 224) return 'never';
  if (first === 127) return 'loopback';
  if (first === 169 && second === 254) return 'link-local';
  if (first === 10 || (first === 192 && second === 168)) return 'private';
  if (first === 172 && second >= 16 && second < 32) return 'private';
  // What a provider uses inside its own network (RFC 6598).
  if (first === 100 && second >= 64 && second < 128) return 'private';
  return 'global';
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function scopeOfIpv6(bytes: Uint8Array): AddressScope {
  const [first, second] = bytes;
  if (first === 0xff) return 'never';
  if (first === 0xfe && second >= 0x80 && second < 0xc0) return 'link-local';
  if (first === 0xfe && second >= 0xc0) return 'private';
  if (first === 0xfc || first === 0xfd) return 'private';
  // Those that stand for an IPv4 address reach no further than that one: 6to4 and the gateways of RFC 6052.
  if (first === 0x20 && second === 0x02) return scopeOfIpv4(bytes.subarray(2, 6));
  if (first === 0 && second === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b && isZero(bytes.subarray(4, 12)))
    return scopeOfIpv4(bytes.subarray(12, 16));
  // Gateways of one's own (RFC 8215) translate as their owner likes; ::ffff:0:0:0/96 stands for an IPv4 address too (RFC 2765, 2.1).
  if (first === 0 && second === 0x64 && bytes[2] === 0xff && bytes[3] === 0x9b && bytes[4] === 0 && bytes[5] === 1)
    return 'private';
  if (isZero(bytes.subarray(0, 8)) && bytes[8] === 0xff && bytes[9] === 0xff && isZero(bytes.subarray(10, 12)))
    return scopeOfIpv4(bytes.subarray(12, 16));
  // The block that leads nowhere (RFC 6666): what we let stand for a name (stand-in.ts) is nobody's to name.
  if (first === 1 && isZero(bytes.subarray(1, 8))) return 'never';
  if (!isZero(bytes.subarray(0, 12))) return 'global';
  // ::1; the rest of these is unspecified or of a form that nobody uses any more (RFC 4291, 2.5.5.1).
  return isZero(bytes.subarray(12, 15)) && bytes[15] === 1 ? 'loopback' : 'never';
}

/** An IPv4 address written as IPv6 is IPv4 by the time it is an Address. */
export function addressScope(address: Address): AddressScope {
  const bytes = encodeCompactAddress(address).subarray(0, -2);
  return address.family === 4 ? scopeOfIpv4(bytes) : scopeOfIpv6(bytes);
}

/** Whether it can be somebody's address at all. */
export function isDialable(address: Address): boolean {
  return addressScope(address) !== 'never';
}

/** Positive where `a` means the same to more hosts than `b`. */
export function compareScopes(a: Address, b: Address): number {
  return WIDTH[addressScope(a)] - WIDTH[addressScope(b)];
}

/** Whether whoever named something may lead us there. Null: the user, who may lead anywhere. */
export function mayLead(namer: Address | null, address: Address): boolean {
  return namer === null || mayName(namer, address);
}

/** Whether a tracker, node or peer at `source` is believed to name `named`: an address of its own scope or a wider one. */
export function mayName(source: Address, named: Address): boolean {
  const scope = addressScope(named);
  const from = addressScope(source);
  // Of a source that is known by its name alone it can't be said where it is: it is taken for one on the internet.
  return scope !== 'never' && WIDTH[scope] >= WIDTH[from === 'never' ? 'global' : from];
}
