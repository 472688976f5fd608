// Datagrams of strangers to messages of the DHT (BEP 5): a field that is there must be right, or the whole message is refused. The size
// of a datagram bounds everything in it. Unknown fields are ignored.

import { BencodeDict, type BencodeValue } from '../../../bencode/bencode-dict.js';
import { BencodeError } from '../../../bencode/bencode-error.js';
import { decode } from '../../../bencode/decode.js';
import { decodeCompactAddresses, type Address } from '../../../model/address.js';
import { FILTER_BYTES } from './bloom-filter.js';
import { KrpcError } from './krpc-error.js';
import type { KrpcMessage, Query, Reply, Wanted } from './krpc-message.js';
import { NODE_ID_BYTES, type NodeContact } from './node-id.js';

/** Longer datagrams are not looked at: those of BEP 32 have 1024 bytes at most, others were seen to fill a frame of Ethernet. */
export const MAX_RECEIVED_BYTES = 2048;
const MAX_TRANSACTION_BYTES = 32;
const MAX_TOKEN_BYTES = 128;
const MAX_METHOD_BYTES = 32;
const MAX_ERROR_TEXT = 100;
const LIMITS = { maxDepth: 8, maxNodes: 1000 };

/** Copies. Throws KrpcError. */
export function decodeKrpc(bytes: Uint8Array): KrpcMessage {
  if (bytes.length > MAX_RECEIVED_BYTES) throw new KrpcError('too long');
  const root = decodeRoot(bytes);
  const transaction = root.get('t');
  if (!(transaction instanceof Uint8Array) || transaction.length === 0 || transaction.length > MAX_TRANSACTION_BYTES)
    throw new KrpcError('no transaction id');
  switch (textOf(root.get('y'))) {
    case 'q':
      return decodeQuery(root, transaction);
    case 'r':
      return decodeResponse(root, transaction);
    case 'e':
      return decodeError(root, transaction);
    default:
      throw new KrpcError('neither query nor answer');
  }
}

function decodeRoot(bytes: Uint8Array): BencodeDict {
  try {
    const root = decode(bytes, LIMITS);
    if (root instanceof BencodeDict) return root;
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
  }
  throw new KrpcError('no dictionary');
}

function decodeQuery(root: BencodeDict, transaction: Uint8Array): KrpcMessage {
  const refuse = (reason: string, number: 203 | 204 = 203): never => {
    throw new KrpcError(reason, transaction, number);
  };
  const args = root.get('a');
  if (!(args instanceof BencodeDict)) return refuse('no arguments');
  const method = textOf(root.get('q'));
  const take = (name: string): Uint8Array => fixed(args.get(name), NODE_ID_BYTES) ?? refuse(`${name} has not 20 bytes`);
  const flag = (name: string): boolean => isSet(args.get(name));
  const want = decodeWanted(args.get('want'));
  if (want === undefined) return refuse('want is no list of texts');
  const id = take('id');
  let query: Query;
  switch (method) {
    case 'ping':
      query = { method };
      break;
    case 'find_node':
      query = { method, target: take('target'), want };
      break;
    case 'get_peers':
      query = { method, infoHash: take('info_hash'), want, noSeeds: flag('noseed'), scrape: flag('scrape') };
      break;
    case 'announce_peer': {
      const token = args.get('token');
      if (!(token instanceof Uint8Array) || token.length > MAX_TOKEN_BYTES) return refuse('no token');
      const port = args.get('port');
      const isPort = typeof port === 'number' && port >= 1 && port <= 65_535;
      const isImplied = flag('implied_port');
      if (!isPort && !isImplied) return refuse('no port');
      query = { method, infoHash: take('info_hash'), port: isPort && !isImplied ? port : null, token, isSeed: flag('seed') };
      break;
    }
    default:
      return refuse('unknown method', 204);
  }
  return { type: 'query', transaction, id, query, isReadOnly: isSet(root.get('ro')) };
}

function decodeResponse(root: BencodeDict, transaction: Uint8Array): KrpcMessage {
  const r = root.get('r');
  const id = r instanceof BencodeDict ? fixed(r.get('id'), NODE_ID_BYTES) : null;
  if (!(r instanceof BencodeDict) || id === null) throw new KrpcError('an answer without id');
  const skipped = { count: 0 };
  const nodes = decodeContacts(r.get('nodes'), 4, skipped);
  const nodes6 = decodeContacts(r.get('nodes6'), 6, skipped);
  const values = decodeValues(r.get('values'), skipped);
  const token = r.get('token');
  if (token !== undefined && !(token instanceof Uint8Array && token.length <= MAX_TOKEN_BYTES))
    throw new KrpcError('a token that is none');
  const seeds = decodeFilter(r.get('BFsd'));
  const peers = decodeFilter(r.get('BFpe'));
  const reply: Reply = {
    ...(nodes === null ? {} : { nodes }),
    ...(nodes6 === null ? {} : { nodes6 }),
    ...(values === null ? {} : { values }),
    ...(token === undefined ? {} : { token }),
    ...(seeds === null || peers === null ? {} : { filters: { seeds, peers } }),
  };
  return { type: 'response', transaction, id, reply, seenAs: decodeAddress(root.get('ip')), skipped: skipped.count };
}

function decodeError(root: BencodeDict, transaction: Uint8Array): KrpcMessage {
  const e = root.get('e');
  if (!Array.isArray(e)) throw new KrpcError('an error without text');
  const [number, text] = e;
  if (typeof number !== 'number' || !(text instanceof Uint8Array)) throw new KrpcError('an error without text');
  return { type: 'error', transaction, number, text: textOf(text.subarray(0, MAX_ERROR_TEXT)) };
}

/** Undefined where it is something else. Texts that we don't know ask for nothing (BEP 32). */
function decodeWanted(value: BencodeValue | undefined): Wanted | null | undefined {
  if (value === undefined) return null;
  if (!Array.isArray(value) || value.some((item) => !(item instanceof Uint8Array))) return undefined;
  const words = new Set(value.map((item) => textOf(item)));
  return { n4: words.has('n4'), n6: words.has('n6') };
}

function decodeContacts(value: BencodeValue | undefined, family: 4 | 6, skipped: { count: number }): NodeContact[] | null {
  if (value === undefined) return null;
  const size = NODE_ID_BYTES + (family === 4 ? 6 : 18);
  if (!(value instanceof Uint8Array) || value.length % size !== 0) throw new KrpcError('nodes of an odd length');
  const contacts: NodeContact[] = [];
  for (let at = 0; at < value.length; at += size) {
    const address = decodeCompactAddresses(value.subarray(at + NODE_ID_BYTES, at + size), family)?.[0];
    // An IPv4 address in the clothes of IPv6 is of the wrong family.
    if (address?.family === family) contacts.push({ id: value.slice(at, at + NODE_ID_BYTES), address });
    else skipped.count++;
  }
  return contacts;
}

function decodeValues(value: BencodeValue | undefined, skipped: { count: number }): Address[] | null {
  if (value === undefined) return null;
  if (!Array.isArray(value)) throw new KrpcError('values that are no list');
  const addresses: Address[] = [];
  for (const item of value) {
    if (!(item instanceof Uint8Array) || (item.length !== 6 && item.length !== 18))
      throw new KrpcError('a peer of an odd length');
    const [address] = decodeCompactAddresses(item, item.length === 6 ? 4 : 6) ?? [];
    if (address === undefined) skipped.count++;
    else addresses.push(address);
  }
  return addresses;
}

function decodeFilter(value: BencodeValue | undefined): Uint8Array | null {
  if (value === undefined) return null;
  const filter = fixed(value, FILTER_BYTES);
  if (filter === null) throw new KrpcError('a filter that has not 256 bytes');
  return filter;
}

/** BEP 42's address of ours; some write something else there, which tells nothing. */
function decodeAddress(value: BencodeValue | undefined): Address | null {
  if (!(value instanceof Uint8Array) || (value.length !== 6 && value.length !== 18)) return null;
  return decodeCompactAddresses(value, value.length === 6 ? 4 : 6)?.[0] ?? null;
}

function fixed(value: BencodeValue | undefined, length: number): Uint8Array | null {
  return value instanceof Uint8Array && value.length === length ? value : null;
}

function isSet(value: BencodeValue | undefined): boolean {
  return typeof value === 'number' && value !== 0;
}

/** Printable, bounded: nothing else of it is of interest. */
function textOf(value: BencodeValue | undefined): string {
  if (!(value instanceof Uint8Array) || value.length > Math.max(MAX_METHOD_BYTES, MAX_ERROR_TEXT)) return '';
  return Array.from(value, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?')).join('');
}
