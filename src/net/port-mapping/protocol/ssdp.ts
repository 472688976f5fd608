// The search for gateways on the local network (UPnP Device Architecture 1.1, section 1.3): a question to a multicast group in the form of
// an HTTP head, and the answers to it, from anybody. What an answer names must lie on the host that it came from, on our own network: it
// is about to be fetched and told our port.

import { addressScope } from '../../../model/address-scope.js';
import { createAddress, type Address } from '../../../model/address.js';

/** Whom the search is for; a device of version 2 answers to 1 too, but not all that say so do. */
const TARGETS = [
  'urn:schemas-upnp-org:device:InternetGatewayDevice:1',
  'urn:schemas-upnp-org:device:InternetGatewayDevice:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
] as const;

/** Seconds within which devices answer, each after a random part of it. */
const MAX_WAIT_S = 1;
const MAX_ANSWER_BYTES = 4096;
const MAX_URL_LENGTH = 500;

/** One datagram for each target. `group`: `239.255.255.250:1900` but in tests. */
export function encodeSearches(group: string): Uint8Array[] {
  return TARGETS.map((target) =>
    new TextEncoder().encode(
      `M-SEARCH * HTTP/1.1\r\nHOST: ${group}\r\nMAN: "ssdp:discover"\r\nMX: ${MAX_WAIT_S}\r\nST: ${target}\r\n\r\n`,
    ),
  );
}

/** The URL of the description that an answer names, as it stands; null for what is no answer. */
export function decodeSearchAnswer(bytes: Uint8Array): string | null {
  if (bytes.length > MAX_ANSWER_BYTES) return null;
  const lines = new TextDecoder().decode(bytes).split('\n');
  if (!/^HTTP\/1\.[01] 200\b/.test(lines[0])) return null;
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).trim().toLowerCase() === 'location') return line.slice(colon + 1).trim();
  }
  return null;
}

/**
 * `reference`, relative to `base` where there is one, as a URL of http on `host` itself, which must be within the local network; null
 * where it is anything else.
 */
export function localUrl(reference: string, host: Address, base?: string): string | null {
  const scope = addressScope(host);
  if (scope === 'never' || scope === 'global') return null;
  if (reference.length > MAX_URL_LENGTH || !URL.canParse(reference, base)) return null;
  const url = new URL(reference, base);
  if (url.protocol !== 'http:' || url.username !== '' || url.password !== '' || url.href.length > MAX_URL_LENGTH) return null;
  return createAddress(url.hostname.replace(/^\[|\]$/g, ''), 1)?.host === host.host ? url.href : null;
}
