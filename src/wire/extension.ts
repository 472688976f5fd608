// The extended handshake (BEP 10): a small dictionary, sent as extended message 0, that names the extensions a peer takes
// and some facts about it (reqq, v, p, yourip; metadata_size of BEP 9, upload_only of BEP 21). A stranger wrote it: a fact of
// the wrong type is no fact, and only what is no dictionary at all is an error.

import { BencodeDict, type BencodeValue } from '../bencode/bencode-dict.js';
import { BencodeError } from '../bencode/bencode-error.js';
import { decodePrefix } from '../bencode/decode.js';
import { encode } from '../bencode/encode.js';
import { createAddress, decodeCompactAddresses, encodeCompactAddress } from '../model/address.js';
import { WireError } from './wire-error.js';

export interface ExtendedHandshake {
  /** `m`: extension name to the id under which the sender wants it; 0 switches it off. */
  readonly extensions: ReadonlyMap<string, number>;
  /** `v`: name and version of the client, without control characters. */
  readonly client?: string;
  /** `p`: the port it listens on. */
  readonly port?: number;
  /** `reqq`: requests it queues without dropping any. */
  readonly requestLimit?: number;
  /** `yourip`: numeric address at which the sender sees the receiver. */
  readonly yourIp?: string;
  /** `ipv4`, `ipv6`: numeric addresses of the sender. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** `metadata_size`: bytes of the info dictionary (BEP 9). */
  readonly metadataSize?: number;
  /** `upload_only`: it wants no pieces (BEP 21). */
  readonly isUploadOnly?: boolean;
}

const MAX_DEPTH = 8;
const MAX_NODES = 2000;
const MAX_EXTENSIONS = 100;
const MAX_NAME_CHARACTERS = 64;
const MAX_CLIENT_CHARACTERS = 80;

/** Stands in where the compact form wants a port. */
const ANY_PORT = 1;

function integer(value: BencodeValue | undefined, min: number, max: number): number | undefined {
  return typeof value === 'number' && value >= min && value <= max ? value : undefined;
}

function printable(value: BencodeValue | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  // Cut before it is decoded: one character is at most four bytes.
  const text = new TextDecoder().decode(value.subarray(0, MAX_CLIENT_CHARACTERS * 4)).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  const client = Array.from(text).slice(0, MAX_CLIENT_CHARACTERS).join('').trim();
  return client === '' ? undefined : client;
}

function numericHost(value: BencodeValue | undefined): string | undefined {
  if (!(value instanceof Uint8Array) || (value.length !== 4 && value.length !== 16)) return undefined;
  const compact = new Uint8Array(value.length + 2);
  compact.set(value);
  compact[compact.length - 1] = ANY_PORT;
  return decodeCompactAddresses(compact, value.length === 4 ? 4 : 6)?.[0]?.host;
}

function hostBytes(host: string | undefined): Uint8Array | undefined {
  const address = host === undefined ? null : createAddress(host, ANY_PORT);
  return address === null ? undefined : encodeCompactAddress(address).subarray(0, -2);
}

function extensionIds(value: BencodeValue | undefined): Map<string, number> {
  const ids = new Map<string, number>();
  if (!(value instanceof BencodeDict)) return ids;
  for (const [name, entry] of value.entries()) {
    if (ids.size === MAX_EXTENSIONS) break;
    const id = integer(entry, 0, 255);
    if (id !== undefined && name.length <= MAX_NAME_CHARACTERS) ids.set(name, id);
  }
  return ids;
}

/** `payload` is what follows the extended id 0. Throws WireError `bad_extended_handshake` where it holds no dictionary. */
export function decodeExtendedHandshake(payload: Uint8Array): ExtendedHandshake {
  let dictionary: BencodeValue;
  try {
    dictionary = decodePrefix(payload, { maxDepth: MAX_DEPTH, maxNodes: MAX_NODES }).value;
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw new WireError('bad_extended_handshake', 'the extended handshake is no bencode', { offset: error.detail.offset });
  }
  if (!(dictionary instanceof BencodeDict)) {
    throw new WireError('bad_extended_handshake', 'the extended handshake is no dictionary');
  }
  const uploadOnly = integer(dictionary.get('upload_only'), 0, Number.MAX_SAFE_INTEGER);
  const facts = {
    client: printable(dictionary.get('v')),
    port: integer(dictionary.get('p'), 1, 65_535),
    requestLimit: integer(dictionary.get('reqq'), 1, Number.MAX_SAFE_INTEGER),
    yourIp: numericHost(dictionary.get('yourip')),
    ipv4: numericHost(dictionary.get('ipv4')),
    ipv6: numericHost(dictionary.get('ipv6')),
    metadataSize: integer(dictionary.get('metadata_size'), 1, Number.MAX_SAFE_INTEGER),
    isUploadOnly: uploadOnly === undefined ? undefined : uploadOnly !== 0,
  };
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { extensions: extensionIds(dictionary.get('m')), ...known };
}

/** The payload after the extended id 0. Absent facts are left out. */
export function encodeExtendedHandshake(handshake: ExtendedHandshake): Uint8Array {
  return encode({
    m: Object.fromEntries(handshake.extensions),
    v: handshake.client,
    p: handshake.port,
    reqq: handshake.requestLimit,
    yourip: hostBytes(handshake.yourIp),
    ipv4: hostBytes(handshake.ipv4),
    ipv6: hostBytes(handshake.ipv6),
    metadata_size: handshake.metadataSize,
    upload_only: handshake.isUploadOnly === undefined ? undefined : Number(handshake.isUploadOnly),
  });
}
