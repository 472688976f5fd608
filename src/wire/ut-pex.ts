// ut_pex (BEP 11): peers tell each other whom else they are connected to, and since the last message no more, as compact addresses
// of IPv4 and IPv6 in one dictionary, sent as an extended message (BEP 10). A stranger wrote it: what is missing or of the wrong type
// is no news; what can't be cut into addresses is an error. How often messages come and whom to believe is the session's business.

import { BencodeDict } from '../bencode/bencode-dict.js';
import { BencodeError } from '../bencode/bencode-error.js';
import { decodePrefix } from '../bencode/decode.js';
import { encode } from '../bencode/encode.js';
import { decodeCompactAddresses, encodeCompactAddress, type Address } from '../model/address.js';
import { WireError } from './wire-error.js';

/** Its name in the extended handshake. */
export const UT_PEX = 'ut_pex';

/** What the sender knows of a peer it names: bits of `flags`. */
export const PEX_FLAGS = {
  prefersEncryption: 0x01,
  /** It has everything, or wants nothing more (BEP 21). */
  isSeed: 0x02,
  supportsUtp: 0x04,
  supportsHolepunch: 0x08,
  /** The sender connected to it, not it to the sender: the address is good. */
  isReachable: 0x10,
} as const;

export interface PexPeer {
  readonly address: Address;
  /** Of PEX_FLAGS; bits that are not named there may be set. */
  readonly flags: number;
}

export interface PexMessage {
  readonly added: readonly PexPeer[];
  readonly dropped: readonly Address[];
}

/** Addresses taken of one message: BEP 11 wants at most 50 added and 50 dropped, some send more in the first. */
export const MAX_PEX_ADDRESSES = 200;

const MAX_DEPTH = 8;
const MAX_NODES = 200;

function refuse(problem: string, detail: Record<string, unknown> = {}): WireError {
  return new WireError('bad_pex_message', `the ut_pex message ${problem}`, detail);
}

function decodeDictionary(payload: Uint8Array): BencodeDict {
  let value;
  try {
    ({ value } = decodePrefix(payload, { maxDepth: MAX_DEPTH, maxNodes: MAX_NODES }));
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw refuse('is no bencode', { offset: error.detail.offset });
  }
  if (!(value instanceof BencodeDict)) throw refuse('is no dictionary');
  return value;
}

function bytesOf(dictionary: BencodeDict, key: string): Uint8Array {
  const value = dictionary.get(key);
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** `room`: entries looked at, at most. Port 0 is nobody's. Flags are found by place, so each entry is cut out by itself. */
function readPeers(dictionary: BencodeDict, name: 'added' | 'dropped', family: 4 | 6, room: number): PexPeer[] {
  const key = family === 4 ? name : `${name}6`;
  const bytes = bytesOf(dictionary, key);
  const flags = bytesOf(dictionary, `${key}.f`);
  const size = family === 4 ? 6 : 18;
  if (bytes.length % size !== 0) throw refuse(`has ${bytes.length} bytes of ${key}`, { key, length: bytes.length });
  const peers: PexPeer[] = [];
  for (let place = 0; place < Math.min(bytes.length / size, room); place++) {
    const entry = bytes.subarray(place * size, (place + 1) * size);
    const address = decodeCompactAddresses(entry, family)?.[0];
    if (address !== undefined) peers.push({ address, flags: place < flags.length ? flags[place] : 0 });
  }
  return peers;
}

/** `payload` is what follows the extended id; the caller may reuse it. Throws WireError `bad_pex_message`. */
export function decodePexMessage(payload: Uint8Array): PexMessage {
  const dictionary = decodeDictionary(payload);
  let room = MAX_PEX_ADDRESSES;
  const take = (name: 'added' | 'dropped', family: 4 | 6): PexPeer[] => {
    const peers = readPeers(dictionary, name, family, room);
    room -= peers.length;
    return peers;
  };
  const added = [...take('added', 4), ...take('added', 6)];
  const dropped = [...take('dropped', 4), ...take('dropped', 6)];
  return { added, dropped: dropped.map(({ address }) => address) };
}

function join(addresses: readonly Address[]): Uint8Array {
  return Uint8Array.from(addresses.flatMap((address) => [...encodeCompactAddress(address)]));
}

function ofFamily(message: PexMessage, family: 4 | 6): { added: Uint8Array; flags: Uint8Array; dropped: Uint8Array } {
  const added = message.added.filter(({ address }) => address.family === family);
  return {
    added: join(added.map(({ address }) => address)),
    flags: Uint8Array.from(added, ({ flags }) => flags),
    dropped: join(message.dropped.filter((address) => address.family === family)),
  };
}

/** The payload after the extended id, in memory of its own. Every key is there, also without addresses: some want to find them. */
export function encodePexMessage(message: PexMessage): Uint8Array {
  const v4 = ofFamily(message, 4);
  const v6 = ofFamily(message, 6);
  return encode({
    added: v4.added,
    'added.f': v4.flags,
    dropped: v4.dropped,
    added6: v6.added,
    'added6.f': v6.flags,
    dropped6: v6.dropped,
  });
}
