// The datagrams of UDP trackers (BEP 15, with the URL of BEP 41) as values. A datagram that is not the answer to the request
// in question is null and not an error: on UDP anybody can send us anything, and it says nothing about the tracker.

import { INFO_HASH_BYTES } from '../../../model/ids.js';
import { addressKey, decodeCompactAddresses, isUnicast, type Address, type AddressKey } from '../../../model/address.js';
import { validateParameters, type AnnounceEvent, type AnnounceParameters } from './announce-request.js';
import { MAX_INTERVAL_SECONDS, MAX_PEERS_PER_ANSWER, type AnnounceResponse } from './announce-response.js';
import type { ScrapeCounts } from './scrape.js';
import { toPrintable } from './printable-text.js';
import { TrackerError } from './tracker-error.js';

export const CONNECTION_ID_BYTES = 8;

export type UdpReply =
  /** A copy of 8 bytes that only the tracker understands. */
  | { readonly type: 'connected'; readonly connectionId: Uint8Array }
  | { readonly type: 'announced'; readonly response: AnnounceResponse }
  | { readonly type: 'scraped'; readonly counts: ScrapeCounts }
  /** Printable and bounded. */
  | { readonly type: 'error'; readonly message: string };

export interface UdpAnnounce {
  readonly connectionId: Uint8Array;
  /** Any unsigned 32-bit number; the answer repeats it. */
  readonly transactionId: number;
  /** `key` must be hexadecimal, 8 digits at most. */
  readonly parameters: AnnounceParameters;
  /** Path and query of the tracker's URL. */
  readonly urlData: Uint8Array;
}

/** Stands where the connection id will be, so that a tracker knows the protocol. */
const PROTOCOL_ID = 0x41727101980n;

const CONNECT = 0;
const ANNOUNCE = 1;
const SCRAPE = 2;
const ERROR = 3;

const ANNOUNCE_BYTES = 98;
const ANNOUNCE_HEAD_BYTES = 20;
const CONNECTED_BYTES = 16;
const SCRAPED_BYTES = 20;
const ERROR_HEAD_BYTES = 8;

const EVENT_CODES: Readonly<Record<AnnounceEvent, number>> = { completed: 1, started: 2, stopped: 3, paused: 0 };

const URL_DATA_OPTION = 2;
const MAX_OPTION_BYTES = 255;
const MAX_INT32 = 2 ** 31 - 1;

export function encodeConnect(transactionId: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, PROTOCOL_ID);
  view.setUint32(8, CONNECT);
  view.setUint32(12, transactionId);
  return bytes;
}

function parseKey(key: string | undefined): number {
  if (key === undefined) return 0;
  if (/^[0-9a-f]{1,8}$/i.test(key)) return Number.parseInt(key, 16);
  throw new TrackerError('invalid_parameter', 'key must be 1 to 8 hexadecimal digits', { parameter: 'key' });
}

/** The URL as options of at most 255 bytes each, nothing for nothing (BEP 41). */
function encodeOptions(urlData: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(urlData.length + 2 * Math.ceil(urlData.length / MAX_OPTION_BYTES));
  for (let from = 0, at = 0; from < urlData.length; from += MAX_OPTION_BYTES) {
    const part = urlData.subarray(from, from + MAX_OPTION_BYTES);
    bytes.set([URL_DATA_OPTION, part.length], at);
    bytes.set(part, at + 2);
    at += 2 + part.length;
  }
  return bytes;
}

/** The tracker takes our address from the packet. Throws TrackerError `invalid_parameter`. */
export function encodeAnnounce({ connectionId, transactionId, parameters, urlData }: UdpAnnounce): Uint8Array {
  validateParameters(parameters);
  const key = parseKey(parameters.key);
  const options = encodeOptions(urlData);
  const bytes = new Uint8Array(ANNOUNCE_BYTES + options.length);
  const view = new DataView(bytes.buffer);
  bytes.set(connectionId, 0);
  view.setUint32(8, ANNOUNCE);
  view.setUint32(12, transactionId);
  bytes.set(parameters.infoHash, 16);
  bytes.set(parameters.peerId, 36);
  view.setBigUint64(56, BigInt(parameters.downloaded));
  view.setBigUint64(64, BigInt(parameters.left));
  view.setBigUint64(72, BigInt(parameters.uploaded));
  view.setUint32(80, parameters.event === null ? 0 : EVENT_CODES[parameters.event]);
  // 84: an IPv4 address to hand out instead of the packet's; 0 is none.
  view.setUint32(88, key);
  view.setInt32(92, Math.min(parameters.numwant, MAX_INT32));
  view.setUint16(96, parameters.port);
  bytes.set(options, ANNOUNCE_BYTES);
  return bytes;
}

/** Of one torrent, 20 bytes. Throws TrackerError `invalid_parameter`. */
export function encodeScrape(connectionId: Uint8Array, transactionId: number, infoHash: Uint8Array): Uint8Array {
  if (infoHash.length !== INFO_HASH_BYTES) {
    throw new TrackerError('invalid_parameter', `info_hash must have ${INFO_HASH_BYTES} bytes`, { parameter: 'info_hash' });
  }
  const bytes = new Uint8Array(16 + INFO_HASH_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(connectionId, 0);
  view.setUint32(8, SCRAPE);
  view.setUint32(12, transactionId);
  bytes.set(infoHash, 16);
  return bytes;
}

/** What trackers count in signed numbers; a negative one is no count. */
function count(view: DataView, at: number): number | null {
  const value = view.getInt32(at);
  return value < 0 ? null : value;
}

function decodeAnnounced(bytes: Uint8Array, view: DataView, family: 4 | 6): AnnounceResponse {
  const interval = count(view, 8) ?? 0;
  const size = family === 4 ? 6 : 18;
  const peers = Math.min(Math.floor((bytes.length - ANNOUNCE_HEAD_BYTES) / size), MAX_PEERS_PER_ANSWER);
  const compact = bytes.subarray(ANNOUNCE_HEAD_BYTES, ANNOUNCE_HEAD_BYTES + peers * size);
  const addresses = new Map<AddressKey, Address>();
  for (const address of decodeCompactAddresses(compact, family) ?? []) {
    if (isUnicast(address)) addresses.set(addressKey(address), address);
  }
  return {
    intervalSeconds: interval > 0 ? Math.min(interval, MAX_INTERVAL_SECONDS) : null,
    minIntervalSeconds: null,
    trackerId: null,
    seeds: count(view, 16),
    leechers: count(view, 12),
    warning: null,
    addresses: [...addresses.values()],
    names: [],
    externalHost: null,
  };
}

/**
 * `family` is that of the address it came from: peers are 6 or 18 bytes by it. Takes nothing from `bytes` but copies. Null where
 * it is too short, of an action that answers nothing, or does not repeat the transaction id.
 */
export function decodeUdpReply(bytes: Uint8Array, transactionId: number, family: 4 | 6): UdpReply | null {
  if (bytes.length < ERROR_HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(4) !== transactionId) return null;
  switch (view.getUint32(0)) {
    case CONNECT:
      if (bytes.length < CONNECTED_BYTES) return null;
      return { type: 'connected', connectionId: bytes.slice(8, 8 + CONNECTION_ID_BYTES) };
    case ANNOUNCE:
      if (bytes.length < ANNOUNCE_HEAD_BYTES) return null;
      return { type: 'announced', response: decodeAnnounced(bytes, view, family) };
    case SCRAPE:
      if (bytes.length < SCRAPED_BYTES) return null;
      return { type: 'scraped', counts: { seeds: count(view, 8), completed: count(view, 12), leechers: count(view, 16) } };
    case ERROR: {
      const message = toPrintable(bytes.subarray(ERROR_HEAD_BYTES));
      return { type: 'error', message: message === '' ? 'no reason given' : message };
    }
    default:
      return null;
  }
}
