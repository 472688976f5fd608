// The address of a tracker, taken apart as far as a transport needs it. UDP trackers have no port of their own, so theirs must name
// one, and what follows the host travels in the announce (BEP 41).

import { TrackerError } from './tracker-error.js';

export interface UdpTrackerUrl {
  /** A name or a numeric address, without brackets. */
  readonly host: string;
  /** 1 … 65535. */
  readonly port: number;
  /** Path and query in ASCII; empty where there is neither. */
  readonly urlData: Uint8Array;
}

/** Path and query at most: with the announce they fit into one packet of any IPv6 network (1280 bytes). */
export const MAX_URL_DATA_BYTES = 1020;

/** Lower-case, without colon; null where the text has none. */
export function schemeOf(url: string): string | null {
  return /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1].toLowerCase() ?? null;
}

/** A login and a fragment are no part of what is sent. Throws TrackerError `invalid_url`. */
export function parseUdpTrackerUrl(text: string): UdpTrackerUrl {
  if (!URL.canParse(text)) throw new TrackerError('invalid_url', 'not a valid URL');
  const url = new URL(text);
  // The host of a scheme that URL does not know stays as written; that of http comes in the form that look-ups take.
  const base = `http://${url.hostname}`;
  if (url.hostname === '' || !URL.canParse(base)) throw new TrackerError('invalid_url', 'no valid host name');
  const { hostname } = new URL(base);
  if (url.port === '' || url.port === '0') throw new TrackerError('invalid_url', 'the URL of a UDP tracker must name a port');
  const urlData = new TextEncoder().encode(`${url.pathname}${url.search}`);
  if (urlData.length > MAX_URL_DATA_BYTES) throw new TrackerError('invalid_url', 'the URL is too long for a datagram');
  return { host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname, port: Number(url.port), urlData };
}
