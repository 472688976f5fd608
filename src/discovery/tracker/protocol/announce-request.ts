// The announce as a URL (BEP 3, 7, 23): raw bytes are percent-encoded by RFC 3986, byte for byte, since the info hash is no text.
// Everything is validated before it is sent: a tracker that gets nonsense from us bans us.

import { INFO_HASH_BYTES, PEER_ID_BYTES } from '../../../model/ids.js';
import { TrackerError } from './tracker-error.js';

/** `paused`: the regular announce of a partial seed (BEP 21). UDP has no word for it and carries it as none. */
export type AnnounceEvent = 'started' | 'completed' | 'stopped' | 'paused';

export interface AnnounceParameters {
  /** 20 bytes: v1, or the first 20 of a v2 hash. */
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  /** Where we listen: 1 … 65535. */
  readonly port: number;
  /** Bytes of payload since `started`, and bytes still missing. */
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
  /** How many addresses we would like. */
  readonly numwant: number;
  /** Null for the regular re-announce. */
  readonly event: AnnounceEvent | null;
  /** Proves that we are the same client after our address changed; never shown to others. UDP wants 32 bits in hexadecimal. */
  readonly key?: string;
  /** What the tracker called itself in an earlier answer. */
  readonly trackerId?: Uint8Array;
  readonly noPeerId?: boolean;
  /** Whether we take encrypted connections, or no others; trackers may choose peers by it. Left out: we take none. */
  readonly encryption?: 'supported' | 'required';
  /** Our addresses as the tracker should hand them out; left out where it sees them itself. */
  readonly ip?: string;
  readonly ipv6?: string;
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** `%XX` for each byte but the unreserved characters of RFC 3986. */
export function percentEncode(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCodePoint(byte);
    text += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function refuse(parameter: string, message: string): never {
  throw new TrackerError('invalid_parameter', `${parameter} ${message}`, { parameter });
}

/** Throws TrackerError `invalid_parameter`. */
export function validateParameters(parameters: AnnounceParameters): void {
  if (parameters.infoHash.length !== INFO_HASH_BYTES) refuse('info_hash', `must have ${INFO_HASH_BYTES} bytes`);
  if (parameters.peerId.length !== PEER_ID_BYTES) refuse('peer_id', `must have ${PEER_ID_BYTES} bytes`);
  const { port } = parameters;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse('port', 'must be 1 to 65535');
  for (const name of ['uploaded', 'downloaded', 'left', 'numwant'] as const) {
    if (!Number.isSafeInteger(parameters[name]) || parameters[name] < 0) refuse(name, 'must be a whole number, 0 or more');
  }
}

/**
 * The URL to fetch. A query that the tracker's URL has already stays in front, its fragment goes.
 * Throws TrackerError `invalid_parameter` or `invalid_url`.
 */
export function buildAnnounceUrl(trackerUrl: string, parameters: AnnounceParameters): string {
  validateParameters(parameters);
  if (!URL.canParse(trackerUrl)) throw new TrackerError('invalid_url', 'not a valid URL');
  const url = new URL(trackerUrl);
  url.hash = '';
  const utf8 = new TextEncoder();
  const fields: [string, string][] = [
    ['info_hash', percentEncode(parameters.infoHash)],
    ['peer_id', percentEncode(parameters.peerId)],
    ['port', String(parameters.port)],
    ['uploaded', String(parameters.uploaded)],
    ['downloaded', String(parameters.downloaded)],
    ['left', String(parameters.left)],
    ['compact', '1'],
    ['numwant', String(parameters.numwant)],
  ];
  if (parameters.noPeerId === true) fields.push(['no_peer_id', '1']);
  if (parameters.encryption !== undefined) {
    fields.push(['supportcrypto', '1']);
    if (parameters.encryption === 'required') fields.push(['requirecrypto', '1']);
  }
  if (parameters.key !== undefined) fields.push(['key', percentEncode(utf8.encode(parameters.key))]);
  if (parameters.event !== null) fields.push(['event', parameters.event]);
  if (parameters.trackerId !== undefined) fields.push(['trackerid', percentEncode(parameters.trackerId)]);
  if (parameters.ip !== undefined) fields.push(['ip', percentEncode(utf8.encode(parameters.ip))]);
  if (parameters.ipv6 !== undefined) fields.push(['ipv6', percentEncode(utf8.encode(parameters.ipv6))]);
  const query = fields.map(([name, value]) => `${name}=${value}`).join('&');
  const base = url.href.endsWith('?') || url.href.endsWith('&') ? url.href.slice(0, -1) : url.href;
  return `${base}${url.search === '' ? '?' : '&'}${query}`;
}
