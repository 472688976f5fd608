// The 68 bytes that open a connection (BEP 3): protocol name, 8 reserved bytes, info hash, peer id. A reserved bit
// switches a feature on when both sides set it (BEP 5 DHT, BEP 6 Fast, BEP 10 extension protocol); other bits are ignored.

import { InvariantError } from '../model/error.js';
import { INFO_HASH_BYTES, PEER_ID_BYTES, toHex, type PeerId } from '../model/ids.js';
import { WireError } from './wire-error.js';

export const HANDSHAKE_BYTES = 68;

/** Where the reserved bytes, the info hash and the peer id begin. */
const RESERVED_AT = 20;
export const INFO_HASH_AT = 28;
export const PEER_ID_AT = 48;

/** The byte 19 and the name of the protocol. */
export const PROTOCOL_HEAD: Uint8Array = Uint8Array.of(19, ...Array.from('BitTorrent protocol', (c) => c.charCodeAt(0)));

/** What one side offers, or, intersected, what the two handshakes agreed on. */
export interface PeerFeatures {
  /** BEP 6. */
  readonly fast: boolean;
  /** BEP 10. */
  readonly extended: boolean;
  /** BEP 5. */
  readonly dht: boolean;
}

export interface Handshake {
  /** 20 bytes; for v2 the truncated hash. */
  readonly infoHash: Uint8Array;
  readonly peerId: PeerId;
  readonly features: PeerFeatures;
}

const DHT_BIT = 0x01;
const FAST_BIT = 0x04;
const EXTENDED_BIT = 0x10;

/** Throws InvariantError where hash or id are not 20 bytes. */
export function encodeHandshake(handshake: Handshake): Uint8Array {
  const { infoHash, peerId, features } = handshake;
  if (infoHash.length !== INFO_HASH_BYTES || peerId.length !== PEER_ID_BYTES) {
    throw new InvariantError('a handshake needs 20 bytes of info hash and of peer id', {
      infoHashBytes: infoHash.length,
      peerIdBytes: peerId.length,
    });
  }
  const bytes = new Uint8Array(HANDSHAKE_BYTES);
  bytes.set(PROTOCOL_HEAD);
  if (features.extended) bytes[RESERVED_AT + 5] = EXTENDED_BIT;
  bytes[RESERVED_AT + 7] = (features.fast ? FAST_BIT : 0) | (features.dht ? DHT_BIT : 0);
  bytes.set(infoHash, INFO_HASH_AT);
  bytes.set(peerId, PEER_ID_AT);
  return bytes;
}

/** Copies. Throws WireError `malformed_handshake` unless these are 68 bytes of the protocol. */
export function decodeHandshake(bytes: Uint8Array): Handshake {
  if (bytes.length !== HANDSHAKE_BYTES || PROTOCOL_HEAD.some((byte, i) => bytes[i] !== byte)) {
    throw new WireError('malformed_handshake', 'not a BitTorrent handshake', {
      bytes: toHex(bytes.subarray(0, HANDSHAKE_BYTES)),
    });
  }
  return {
    infoHash: bytes.slice(INFO_HASH_AT, PEER_ID_AT),
    peerId: bytes.slice(PEER_ID_AT, HANDSHAKE_BYTES),
    features: {
      fast: (bytes[RESERVED_AT + 7] & FAST_BIT) !== 0,
      extended: (bytes[RESERVED_AT + 5] & EXTENDED_BIT) !== 0,
      dht: (bytes[RESERVED_AT + 7] & DHT_BIT) !== 0,
    },
  };
}

/** What both sides have. */
export function intersectFeatures(a: PeerFeatures, b: PeerFeatures): PeerFeatures {
  return { fast: a.fast && b.fast, extended: a.extended && b.extended, dht: a.dht && b.dht };
}
