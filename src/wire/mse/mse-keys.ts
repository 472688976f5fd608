// What the two ends of Message Stream Encryption derive from their shared secret and the info hash (SKEY): the marks by which they
// find each other, and the ciphers of the two directions.

import { sha1 } from '../../hash/digest.js';
import { Rc4 } from './rc4.js';

/** Of the key stream, thrown away: its first bytes tell of the key. */
const DISCARDED_BYTES = 1024;

function digestOf(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(label.length + parts.reduce((sum, part) => sum + part.length, 0));
  for (let i = 0; i < label.length; i++) bytes[i] = label.charCodeAt(i);
  let at = label.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return sha1(bytes);
}

/** Where the dialling end's second half begins. */
export function syncMark(secret: Uint8Array): Uint8Array {
  return digestOf('req1', secret);
}

/** The info hash as it is named in the handshake, 20 bytes: under it a listener looks for its torrent. */
export function torrentMark(infoHash: Uint8Array): Uint8Array {
  return digestOf('req2', infoHash);
}

/** `mark` of a torrent, hidden or found again: 20 bytes. */
export function maskMark(mark: Uint8Array, secret: Uint8Array): Uint8Array {
  const mask = digestOf('req3', secret);
  return mark.map((byte, i) => byte ^ mask[i]);
}

/** `keyA`: what the dialling end sends; `keyB`: what the other sends. */
export function streamCipher(label: 'keyA' | 'keyB', secret: Uint8Array, infoHash: Uint8Array): Rc4 {
  const cipher = new Rc4(digestOf(label, secret, infoHash));
  cipher.discard(DISCARDED_BYTES);
  return cipher;
}
