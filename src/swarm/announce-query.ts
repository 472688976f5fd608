// What a client asked of our own tracker: the query of its GET, back into bytes and numbers (BEP 3, 7, 23). Written from the
// specification and not from our announce codec, so that tests of that one don't agree with its mistakes.

import { createAddress, type Address } from '../model/address.js';
import { toHex } from '../model/ids.js';

export interface ParsedAnnounce {
  /** Lower-case hexadecimal. */
  readonly infoHash: string;
  readonly peerId: Uint8Array;
  /** Where the client says it listens, at the address it came from unless it names another. */
  readonly address: Address;
  /** Null where none was given (or an empty one). */
  readonly event: 'started' | 'completed' | 'stopped' | 'paused' | null;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
  readonly numwant: number;
  readonly isCompact: boolean;
  readonly wantsPeerIds: boolean;
  readonly key: string | null;
  readonly trackerId: string | null;
}

const DEFAULT_NUMWANT = 50;

/** Null where a percent sign is not followed by two hexadecimal digits, or a character is no byte. */
function percentDecode(text: string): Uint8Array | null {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 255) return null;
    if (text[at] !== '%') {
      bytes.push(code);
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return null;
    bytes.push(Number.parseInt(digits, 16));
    at += 2;
  }
  return Uint8Array.from(bytes);
}

function readFields(query: string): Map<string, Uint8Array> | null {
  const fields = new Map<string, Uint8Array>();
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    const value = percentDecode(at < 0 ? '' : part.slice(at + 1));
    if (value === null) return null;
    const name = at < 0 ? part : part.slice(0, at);
    if (!fields.has(name)) fields.set(name, value);
  }
  return fields;
}

function readEvent(text: string | null): ParsedAnnounce['event'] | undefined {
  if (text === null || text === '' || text === 'empty') return null;
  return text === 'started' || text === 'completed' || text === 'stopped' || text === 'paused' ? text : undefined;
}

/** The info hashes of a scrape (BEP 48); what is none is left out. */
export function parseScrapeQuery(query: string): Uint8Array[] {
  return query.split('&').flatMap((part) => {
    const hash = part.startsWith('info_hash=') ? percentDecode(part.slice('info_hash='.length)) : null;
    return hash?.length === 20 ? [hash] : [];
  });
}

/** `remoteHost` is the client's numeric address. The second form is the failure reason to send. */
export function parseAnnounceQuery(query: string, remoteHost: string): ParsedAnnounce | { readonly failure: string } {
  const fields = readFields(query);
  if (fields === null) return { failure: 'malformed percent-encoding' };
  const text = (name: string): string | null => {
    const value = fields.get(name);
    return value === undefined ? null : new TextDecoder('latin1').decode(value);
  };
  const number = (name: string): number | null => {
    const digits = text(name);
    return digits !== null && /^[0-9]{1,15}$/.test(digits) ? Number(digits) : null;
  };
  const infoHash = fields.get('info_hash');
  if (infoHash?.length !== 20) return { failure: 'info_hash must have 20 bytes' };
  const peerId = fields.get('peer_id');
  if (peerId?.length !== 20) return { failure: 'peer_id must have 20 bytes' };
  const port = number('port');
  if (port === null || port < 1 || port > 65_535) return { failure: 'port must be 1 to 65535' };
  const address = createAddress(text('ip') ?? remoteHost, port);
  if (address === null) return { failure: 'ip must be numeric' };
  const [uploaded, downloaded, left] = [number('uploaded'), number('downloaded'), number('left')];
  if (uploaded === null || downloaded === null || left === null) {
    return { failure: 'uploaded, downloaded and left must be numbers' };
  }
  const event = readEvent(text('event'));
  if (event === undefined) return { failure: 'unknown event' };
  return {
    infoHash: toHex(infoHash),
    peerId,
    address,
    event,
    uploaded,
    downloaded,
    left,
    numwant: number('numwant') ?? DEFAULT_NUMWANT,
    isCompact: text('compact') === '1',
    wantsPeerIds: text('no_peer_id') !== '1',
    key: text('key'),
    trackerId: text('trackerid'),
  };
}
