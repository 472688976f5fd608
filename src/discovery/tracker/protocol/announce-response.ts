// A tracker's answer (BEP 3, 7, 23, 24, 31) as a value. Strict about what would mislead us, lenient about what trackers get
// wrong and nobody suffers from: bytes after the dictionary, a compact list cut short, single peers that make no sense.

import { BencodeDict, type BencodeValue } from '../../../bencode/bencode-dict.js';
import { BencodeError } from '../../../bencode/bencode-error.js';
import { decodePrefix } from '../../../bencode/decode.js';
import {
  addressKey,
  createAddress,
  decodeCompactAddresses,
  isUnicast,
  type Address,
  type AddressKey,
} from '../../../model/address.js';
import { equalBytes, PEER_ID_BYTES, type PeerId } from '../../../model/ids.js';
import { toPrintable } from './printable-text.js';
import { TrackerError } from './tracker-error.js';

/** What a source may name in one answer; what comes after is dropped. */
export const MAX_PEERS_PER_ANSWER = 2000;
/** Host names among them: each costs a look-up. */
export const MAX_NAMES_PER_ANSWER = 50;

const MAX_DEPTH = 8;
const MAX_NODES = 100_000;
/** Longer intervals are nonsense, and timers cannot hold much more. */
export const MAX_INTERVAL_SECONDS = 24 * 3600;
const MAX_TRACKER_ID_BYTES = 1024;

/** A peer that the tracker named by host name (BEP 3 allows it). */
export interface NamedPeer {
  readonly host: string;
  /** 1 … 65535. */
  readonly port: number;
}

export interface AnnounceResponse {
  /** 1 … 86,400, or null where it is missing or makes no sense. */
  readonly intervalSeconds: number | null;
  readonly minIntervalSeconds: number | null;
  /** To be sent back with later announces. */
  readonly trackerId: Uint8Array | null;
  readonly seeds: number | null;
  readonly leechers: number | null;
  readonly warning: string | null;
  /** Distinct; IPv4 and IPv6 together. */
  readonly addresses: readonly Address[];
  readonly names: readonly NamedPeer[];
  /** The ids of those addresses for which it gave one (an answer that is not compact). */
  readonly peerIds?: ReadonlyMap<AddressKey, PeerId>;
  /** Where the answer came from, as far as that is known: the names are believed by it. */
  readonly source?: Address;
  /** Addresses that were left out since the tracker may not name them. */
  readonly outOfScope?: number;
  /** Our numeric address as the tracker sees it (BEP 24), or null where it does not say. */
  readonly externalHost: string | null;
}

export interface AnnounceContext {
  /** A peer with this id is ourselves and left out. */
  readonly peerId: PeerId;
  /** So is a peer at this port of the address that the tracker sees us at (BEP 24). */
  readonly port: number;
}

const HOST_NAME = /^(?=.{1,253}\.?$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*\.?$/;

class PeerList {
  readonly addresses: Address[] = [];
  readonly names: NamedPeer[] = [];
  readonly peerIds = new Map<AddressKey, PeerId>();
  readonly #seen = new Set<string>();
  readonly #context: AnnounceContext;
  readonly #ownHost: string | null;

  constructor(context: AnnounceContext, ownHost: string | null) {
    this.#context = context;
    this.#ownHost = ownHost;
  }

  addAddress(address: Address, id?: PeerId): void {
    if (!isUnicast(address)) return;
    if (address.port === this.#context.port && address.host === this.#ownHost) return;
    const key = addressKey(address);
    if (!this.#isNew(key)) return;
    this.addresses.push(address);
    if (id !== undefined) this.peerIds.set(key, id);
  }

  /** Strings of 6 or 18 bytes end to end. */
  addCompact(bytes: Uint8Array, family: 4 | 6): void {
    const size = family === 4 ? 6 : 18;
    const whole = Math.min(Math.floor(bytes.length / size), MAX_PEERS_PER_ANSWER) * size;
    for (const address of decodeCompactAddresses(bytes.subarray(0, whole), family) ?? []) this.addAddress(address);
  }

  addDictionary(peer: BencodeDict): void {
    const host = peer.get('ip');
    const port = peer.get('port');
    const id = peer.get('peer id');
    if (!(host instanceof Uint8Array) || host.length > 255 || typeof port !== 'number' || port < 1 || port > 65_535) return;
    if (id instanceof Uint8Array && equalBytes(id, this.#context.peerId)) return;
    const name = new TextDecoder('latin1').decode(host);
    const address = createAddress(name, port);
    if (address !== null)
      this.addAddress(address, id instanceof Uint8Array && id.length === PEER_ID_BYTES ? id.slice() : undefined);
    else if (isHostName(name) && this.names.length < MAX_NAMES_PER_ANSWER && this.#isNew(`${name}:${port}`)) {
      this.names.push({ host: name, port });
    }
  }

  #isNew(key: string): boolean {
    if (this.#seen.has(key) || this.#seen.size >= MAX_PEERS_PER_ANSWER) return false;
    this.#seen.add(key);
    return true;
  }
}

/** A name that a look-up may be made for; what looks like a number is none (`1.2.3`, `0x7f.1` would reach odd places). */
function isHostName(text: string): boolean {
  return HOST_NAME.test(text) && /[A-Za-z][^.]*\.?$/.test(text) && !/(?:^|\.)0x[^.]*\.?$/i.test(text);
}

function count(value: BencodeValue | undefined): number | null {
  return typeof value === 'number' && value >= 0 ? value : null;
}

function seconds(value: BencodeValue | undefined): number | null {
  if (typeof value === 'bigint') return value > 0n ? MAX_INTERVAL_SECONDS : null;
  return typeof value === 'number' && value > 0 ? Math.min(value, MAX_INTERVAL_SECONDS) : null;
}

function text(value: BencodeValue | undefined): string | null {
  return value instanceof Uint8Array && value.length > 0 ? toPrintable(value) : null;
}

/** BEP 31: minutes, or the word `never`. */
function retryInMs(value: BencodeValue | undefined): number | undefined {
  if (typeof value === 'number' && value > 0) return value * 60_000;
  if (!(value instanceof Uint8Array)) return undefined;
  const word = toPrintable(value);
  if (word === 'never') return Number.POSITIVE_INFINITY;
  return /^[1-9][0-9]{0,6}$/.test(word) ? Number(word) * 60_000 : undefined;
}

function ownHost(value: BencodeValue | undefined): string | null {
  if (!(value instanceof Uint8Array) || (value.length !== 4 && value.length !== 16)) return null;
  const compact = new Uint8Array(value.length + 2);
  compact.set(value);
  compact[compact.length - 1] = 1;
  return decodeCompactAddresses(compact, value.length === 4 ? 4 : 6)?.[0].host ?? null;
}

function decodeDictionary(bytes: Uint8Array): BencodeDict {
  let value: BencodeValue;
  try {
    value = decodePrefix(bytes, { maxDepth: MAX_DEPTH, maxNodes: MAX_NODES }).value;
  } catch (error) {
    if (!(error instanceof BencodeError)) throw error;
    throw new TrackerError('malformed_answer', `not a tracker's answer: ${error.message}`, {}, { cause: error });
  }
  if (!(value instanceof BencodeDict)) throw new TrackerError('malformed_answer', "not a tracker's answer: no dictionary");
  return value;
}

function addPeers(list: PeerList, value: BencodeValue | undefined): void {
  if (value === undefined) return;
  if (value instanceof Uint8Array) {
    list.addCompact(value, 4);
  } else if (Array.isArray(value)) {
    for (const peer of value) if (peer instanceof BencodeDict) list.addDictionary(peer);
  } else {
    throw new TrackerError('malformed_answer', "not a tracker's answer: peers is neither a string nor a list");
  }
}

/** Takes nothing from `bytes` but copies. Throws TrackerError `malformed_answer`, or `failure_reason` with the tracker's own words. */
export function decodeAnnounceResponse(bytes: Uint8Array, context: AnnounceContext): AnnounceResponse {
  const answer = decodeDictionary(bytes);
  if (answer.has('failure reason')) {
    const retry = retryInMs(answer.get('retry in'));
    const reason = text(answer.get('failure reason')) ?? 'no reason given';
    throw new TrackerError('failure_reason', reason, retry === undefined ? {} : { retryInMs: retry });
  }
  const externalHost = ownHost(answer.get('external ip'));
  const list = new PeerList(context, externalHost);
  addPeers(list, answer.get('peers'));
  const peers6 = answer.get('peers6');
  if (peers6 instanceof Uint8Array) list.addCompact(peers6, 6);
  const trackerId = answer.get('tracker id');
  return {
    intervalSeconds: seconds(answer.get('interval')),
    minIntervalSeconds: seconds(answer.get('min interval')),
    trackerId: trackerId instanceof Uint8Array && trackerId.length <= MAX_TRACKER_ID_BYTES ? trackerId.slice() : null,
    seeds: count(answer.get('complete')),
    leechers: count(answer.get('incomplete')),
    warning: text(answer.get('warning message')),
    addresses: list.addresses,
    names: list.names,
    ...(list.peerIds.size === 0 ? {} : { peerIds: list.peerIds }),
    externalHost,
  };
}
