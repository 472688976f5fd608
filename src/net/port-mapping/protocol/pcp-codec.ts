// The bytes of PCP (RFC 6887, sections 7 and 11), version 2: a header of 24 bytes with our own address in it, and for a mapping 36 more
// with a nonce, by which the gateway knows that whoever renews or deletes it is the one who made it. For IPv4.

import { createAddress, encodeCompactAddress, type Address } from '../../../model/address.js';
import type { GatewayCodec, GatewayReply, MapRequest } from './gateway-codec.js';
import type { PortKind } from './mapping-terms.js';

const VERSION = 2;
const IS_ANSWER = 128;
const OP_ANNOUNCE = 0;
const OP_MAP = 1;
const HEADER_BYTES = 24;
const MAP_BYTES = 36;
const MAX_BYTES = 1100;
export const PCP_NONCE_BYTES = 12;
const UNSUPPORTED_VERSION = 1;
const UNSUPPORTED_OPERATION = 4;
/** IANA's numbers of the protocols above IP. */
const PROTOCOLS: Readonly<Record<PortKind, number>> = { tcp: 6, udp: 17 };

/** RFC 6887, section 7.4. */
const RESULTS: Readonly<Record<number, string>> = {
  1: 'the gateway speaks another version',
  2: 'the gateway does not allow it',
  3: 'the gateway calls the request malformed',
  4: 'the gateway does not map ports',
  5: 'the gateway does not know an option',
  6: 'the gateway calls an option malformed',
  7: 'the gateway has no network itself',
  8: 'the gateway is out of ports',
  9: 'the gateway does not know the protocol',
  10: 'the gateway gives us no more ports',
  11: 'the gateway cannot give this port',
  12: 'another gateway is between us and this one',
  13: 'the gateway has too many filters',
};

export interface PcpCodecOptions {
  /** Ours, as the gateway sees it; IPv4. */
  readonly clientHost: string;
  /** 12 bytes that nobody can guess. */
  readonly nonce: Uint8Array;
}

/** An IPv4 address as IPv6, as all of them are here; zero where there is none. */
function mappedIpv4(host: string): Uint8Array {
  const bytes = new Uint8Array(16).fill(0xff, 10, 12);
  const address = createAddress(host, 1);
  if (address?.family === 4) bytes.set(encodeCompactAddress(address).subarray(0, 4), 12);
  return bytes;
}

function readHost(bytes: Uint8Array): string | null {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[index * 2] << 8) | bytes[index * 2 + 1]).toString(16));
  const address: Address | null = createAddress(groups.join(':'), 1);
  return address?.host ?? null;
}

export function createPcpCodec({ clientHost, nonce }: PcpCodecOptions): GatewayCodec {
  const encodeHeader = (op: number, lifetimeS: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    bytes[0] = VERSION;
    bytes[1] = op;
    new DataView(bytes.buffer).setUint32(4, lifetimeS);
    bytes.set(mappedIpv4(clientHost), 8);
    return bytes;
  };

  const encodeMap = ({ kind, internalPort, externalPort, lifetimeS }: MapRequest): Uint8Array => {
    const bytes = encodeHeader(OP_MAP, lifetimeS, HEADER_BYTES + MAP_BYTES);
    const view = new DataView(bytes.buffer);
    bytes.set(nonce, HEADER_BYTES);
    bytes[36] = PROTOCOLS[kind];
    view.setUint16(40, internalPort);
    view.setUint16(42, lifetimeS === 0 ? 0 : externalPort);
    bytes.set(mappedIpv4('0.0.0.0'), 44);
    return bytes;
  };

  const decode = (bytes: Uint8Array): GatewayReply | null => {
    if (bytes.length < 4 || bytes.length > MAX_BYTES || (bytes[1] & IS_ANSWER) === 0) return null;
    const result = bytes[3];
    const op = bytes[1] - IS_ANSWER;
    // A gateway of NAT-PMP alone, or of a later PCP, answers in its own version.
    if (result === UNSUPPORTED_VERSION) return { type: 'refused', of: null, reason: RESULTS[result] };
    if (bytes[0] !== VERSION || bytes.length < HEADER_BYTES || bytes.length % 4 !== 0) return null;
    if (op === OP_ANNOUNCE) {
      // Who says that speaks PCP, which is all that is asked.
      if (result !== 0 && result !== UNSUPPORTED_OPERATION) return { type: 'refused', of: 'probe', reason: reasonOf(result) };
      return { type: 'present', externalHost: null };
    }
    if (op !== OP_MAP) return null;
    if (bytes.length < HEADER_BYTES + MAP_BYTES) {
      return result === 0 ? null : { type: 'refused', of: null, reason: reasonOf(result) };
    }
    if (bytes.subarray(HEADER_BYTES, HEADER_BYTES + PCP_NONCE_BYTES).some((byte, index) => byte !== nonce[index])) return null;
    const kind = bytes[36] === PROTOCOLS.tcp ? 'tcp' : bytes[36] === PROTOCOLS.udp ? 'udp' : null;
    if (kind === null) return null;
    if (result !== 0) return { type: 'refused', of: kind, reason: reasonOf(result) };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return {
      type: 'mapped',
      kind,
      internalPort: view.getUint16(40),
      externalPort: view.getUint16(42),
      lifetimeS: view.getUint32(4),
      externalHost: readHost(bytes.subarray(44, 60)),
    };
  };

  return { protocol: 'PCP', encodeProbe: () => encodeHeader(OP_ANNOUNCE, 0, HEADER_BYTES), encodeMap, decode };
}

function reasonOf(result: number): string {
  return RESULTS[result] ?? `the gateway answers ${result}`;
}
