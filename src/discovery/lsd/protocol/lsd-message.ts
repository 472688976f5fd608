// The announce of local service discovery (BEP 14): a datagram that looks like a request of HTTP and names a port and torrents.
// It comes from anybody on the network, so whatever is not just that is null; headers that are not known are skipped.

import { toHex } from '../../../model/ids.js';

export interface LsdAnnounce {
  /** 1 … 65535: where the sender takes connections of peers. */
  readonly port: number;
  /** 20 bytes each, at least one. */
  readonly infoHashes: readonly Uint8Array[];
  /** Printable; by which a sender knows its own announces. Null where there is none. */
  readonly cookie: string | null;
}

/** Bytes of one datagram at most (BEP 14). */
const MAX_DATAGRAM_BYTES = 1400;
/** A header of 40 digits with its name and its end is 52 bytes; what stands around them is below 200. */
export const MAX_INFO_HASHES = 20;
const MAX_COOKIE_UNITS = 64;

/** `group`: the host and port that it is sent to, as text. At most MAX_INFO_HASHES. */
export function encodeLsdAnnounce(group: string, announce: LsdAnnounce): Uint8Array {
  const lines = ['BT-SEARCH * HTTP/1.1', `Host: ${group}`, `Port: ${announce.port}`];
  for (const infoHash of announce.infoHashes) lines.push(`Infohash: ${toHex(infoHash)}`);
  if (announce.cookie !== null) lines.push(`cookie: ${announce.cookie}`);
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n\r\n`);
}

function parseHash(text: string): Uint8Array | null {
  if (!/^[0-9a-f]{40}$/i.test(text)) return null;
  return Uint8Array.from({ length: 20 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16));
}

/** Null where it is no announce: too long, not printable, without a port or a torrent, or with a port or hash that is none. */
export function decodeLsdAnnounce(bytes: Uint8Array): LsdAnnounce | null {
  if (bytes.length > MAX_DATAGRAM_BYTES) return null;
  let text = '';
  for (const byte of bytes) {
    const isText = (byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a;
    if (!isText) return null;
    text += String.fromCharCode(byte);
  }
  const [head, ...lines] = text.split('\r\n');
  if (!/^BT-SEARCH \* HTTP\/1\.[01]$/.test(head)) return null;
  let port: number | null = null;
  let cookie: string | null = null;
  const infoHashes: Uint8Array[] = [];
  for (const line of lines) {
    if (line === '') break;
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, colon).toLowerCase()) {
      case 'port':
        if (port !== null || !/^[0-9]{1,5}$/.test(value)) return null;
        port = Number(value);
        break;
      case 'infohash': {
        const infoHash = parseHash(value);
        if (infoHash === null || infoHashes.length === MAX_INFO_HASHES) return null;
        infoHashes.push(infoHash);
        break;
      }
      case 'cookie':
        cookie = value.slice(0, MAX_COOKIE_UNITS);
        break;
      default:
    }
  }
  if (port === null || port < 1 || port > 65_535 || infoHashes.length === 0) return null;
  return { port, infoHashes, cookie };
}
