// The bytes of NAT-PMP (RFC 6886, section 3): two for the question after the external address, twelve to map a port, and the
// answers to both. Numbers are big-endian; a lifetime of 0 deletes.

import { createAddress } from '../../../model/address.js';
import type { GatewayCodec, GatewayReply, MapRequest } from './gateway-codec.js';
import type { PortKind } from './mapping-terms.js';

const VERSION = 0;
const IS_ANSWER = 128;
const OP_ADDRESS = 0;
const OPS: Readonly<Record<PortKind, number>> = { udp: 1, tcp: 2 };
const ADDRESS_ANSWER_BYTES = 12;
const MAP_ANSWER_BYTES = 16;

/** RFC 6886, section 3.5. */
const RESULTS: Readonly<Record<number, string>> = {
  1: 'the gateway speaks another version',
  2: 'the gateway does not allow it',
  3: 'the gateway has no address itself',
  4: 'the gateway is out of ports',
  5: 'the gateway does not know the request',
};

function kindOf(op: number): PortKind | null {
  if (op === OPS.tcp) return 'tcp';
  return op === OPS.udp ? 'udp' : null;
}

function encodeMap({ kind, internalPort, externalPort, lifetimeS }: MapRequest): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, OPS[kind]);
  view.setUint16(4, internalPort);
  view.setUint16(6, lifetimeS === 0 ? 0 : externalPort);
  view.setUint32(8, lifetimeS);
  return bytes;
}

function decode(bytes: Uint8Array): GatewayReply | null {
  if (bytes.length < 4 || bytes[0] !== VERSION || bytes[1] < IS_ANSWER) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = bytes[1] - IS_ANSWER;
  const kind = kindOf(op);
  const result = view.getUint16(2);
  if (kind === null && op !== OP_ADDRESS) return null;
  if (result !== 0) return { type: 'refused', of: kind ?? 'probe', reason: RESULTS[result] ?? `the gateway answers ${result}` };
  if (kind === null) {
    if (bytes.length < ADDRESS_ANSWER_BYTES) return null;
    return { type: 'present', externalHost: createAddress(bytes.slice(8, 12).join('.'), 1)?.host ?? null };
  }
  if (bytes.length < MAP_ANSWER_BYTES) return null;
  return {
    type: 'mapped',
    kind,
    internalPort: view.getUint16(8),
    externalPort: view.getUint16(10),
    lifetimeS: view.getUint32(12),
    externalHost: null,
  };
}

export const NAT_PMP: GatewayCodec = {
  protocol: 'NAT-PMP',
  encodeProbe: () => Uint8Array.of(VERSION, OP_ADDRESS),
  encodeMap,
  decode,
};
