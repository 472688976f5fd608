// The messages of SOCKS5 (RFC 1928) and of its login by name and password (RFC 1929), to bytes and back. Everything that comes is read
// with bounds: `null` is "more has to come", a Socks5FormatError is no SOCKS5.

import { createAddress, encodeCompactAddress, type Address } from '../../model/address.js';
import { EffusionError } from '../../model/error.js';
import type { ProxyTarget } from './proxy-handshake.js';

/** What came is no SOCKS5. */
export class Socks5FormatError extends EffusionError {
  readonly code = 'malformed_socks5';

  constructor(message: string) {
    super(message, {});
  }
}

export const METHOD = { none: 0x00, login: 0x02, refused: 0xff } as const;
export const COMMAND = { connect: 0x01, associate: 0x03 } as const;

const VERSION = 0x05;
const LOGIN_VERSION = 0x01;
const TYPE = { ipv4: 0x01, name: 0x03, ipv6: 0x04 } as const;

/** What `readX` found, and how many bytes it took. */
interface Read<T> {
  readonly value: T;
  readonly length: number;
}

export function encodeGreeting(methods: readonly number[]): Uint8Array {
  return Uint8Array.of(VERSION, methods.length, ...methods);
}

/** Each at most 255 bytes in UTF-8; throws RangeError. */
export function encodeLogin(user: string, password: string): Uint8Array {
  const encoder = new TextEncoder();
  const [name, secret] = [encoder.encode(user), encoder.encode(password)];
  if (name.length > 255 || secret.length > 255) throw new RangeError('a login has at most 255 bytes each');
  return Uint8Array.of(LOGIN_VERSION, name.length, ...name, secret.length, ...secret);
}

/** Throws RangeError where the host is no address and no name of 1 … 255 bytes. */
export function encodeRequest(command: number, target: ProxyTarget): Uint8Array {
  return Uint8Array.of(VERSION, command, 0, ...encodeTarget(target));
}

/** `0.0.0.0:0`: wherever our datagrams will come from. */
export const ANY_SOURCE = Uint8Array.of(VERSION, COMMAND.associate, 0, TYPE.ipv4, 0, 0, 0, 0, 0, 0);

/** The header of a datagram that the proxy is to pass on (RFC 1928, 7), and the datagram. */
export function encodeDatagram(target: ProxyTarget, payload: Uint8Array): Uint8Array {
  const where = encodeTarget(target);
  const bytes = new Uint8Array(3 + where.length + payload.length);
  bytes.set(where, 3);
  bytes.set(payload, 3 + where.length);
  return bytes;
}

/** The method that the proxy chose. */
export function readMethod(bytes: Uint8Array): Read<number> | null {
  if (bytes.length > 0 && bytes[0] !== VERSION) throw new Socks5FormatError('the answer does not begin with version 5');
  return bytes.length < 2 ? null : { value: bytes[1], length: 2 };
}

/** Whether the login is right. */
export function readLoginStatus(bytes: Uint8Array): Read<boolean> | null {
  // RFC 1929 says version 1; some answer with the 5 of SOCKS, and nothing depends on it.
  return bytes.length < 2 ? null : { value: bytes[1] === 0, length: 2 };
}

export interface Socks5Reply {
  /** 0: granted. */
  readonly status: number;
  /** Null where the reply has a name in the address's place, or is no success. */
  readonly bound: { readonly host: string; readonly port: number } | null;
}

export function readReply(bytes: Uint8Array): Read<Socks5Reply> | null {
  if (bytes.length > 0 && bytes[0] !== VERSION) throw new Socks5FormatError('the reply does not begin with version 5');
  if (bytes.length < 2) return null;
  const status = bytes[1];
  // Some hang up right behind the code of a failure: it says all there is to know.
  if (status !== 0) return { value: { status, bound: null }, length: bytes.length };
  const found = readPlace(bytes.subarray(3));
  return found === null ? null : { value: { status, bound: found.value }, length: 3 + found.length };
}

/** A datagram that the proxy passed on; null where it is none, is a fragment, or comes from nobody's address. */
export function decodeDatagram(bytes: Uint8Array): { readonly from: Address; readonly payload: Uint8Array } | null {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 0) return null;
  try {
    const found = readPlace(bytes.subarray(3));
    if (found === null || found.value === null) return null;
    const from = createAddress(found.value.host, found.value.port);
    return from === null ? null : { from, payload: bytes.slice(3 + found.length) };
  } catch (error) {
    if (error instanceof Socks5FormatError) return null;
    throw error;
  }
}

/** A name is stepped over: it is of no use to us. */
function readPlace(bytes: Uint8Array): Read<{ host: string; port: number } | null> | null {
  if (bytes.length < 2) return null;
  const size = placeSize(bytes[0], bytes[1]);
  const end = 1 + size + 2;
  if (bytes.length < end) return null;
  if (bytes[0] === TYPE.name) return { value: null, length: end };
  const port = (bytes[end - 2] << 8) | bytes[end - 1];
  return { value: { host: formatHost(bytes.subarray(1, 1 + size)), port }, length: end };
}

/** Bytes between the type and the port. */
function placeSize(type: number, firstByte: number): number {
  switch (type) {
    case TYPE.ipv4:
      return 4;
    case TYPE.ipv6:
      return 16;
    case TYPE.name:
      return 1 + firstByte;
    default:
      throw new Socks5FormatError(`an address of type ${type}`);
  }
}

/** Through Address for its spelling; the port does not matter here, and may be 0 in the reply. */
function formatHost(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16));
  return createAddress(groups.join(':'), 1)?.host ?? '::';
}

function encodeTarget({ host, port }: ProxyTarget): Uint8Array {
  const address = createAddress(host, port);
  if (address !== null) return Uint8Array.of(address.family === 4 ? TYPE.ipv4 : TYPE.ipv6, ...encodeCompactAddress(address));
  const name = new TextEncoder().encode(host);
  if (name.length < 1 || name.length > 255) throw new RangeError('a host name has 1 to 255 bytes');
  return Uint8Array.of(TYPE.name, name.length, ...name, port >> 8, port & 255);
}
