// upload_only (BEP 21): whether a peer wants any pieces at all. It stands in the extended handshake (BEP 10), and clients such as
// libtorrent say by an extended message of the same name when it has changed: a number that is 0, or not.

import { WireError } from './wire-error.js';

/** Its name in the extended handshake, both as a fact and among the extensions. */
export const UPLOAD_ONLY = 'upload_only';

/** libtorrent sends one byte; nobody needs more than an integer. */
const MAX_BYTES = 4;

/** `payload` is what follows the extended id. Throws WireError `bad_upload_only_message`. */
export function decodeUploadOnly(payload: Uint8Array): boolean {
  if (payload.length === 0 || payload.length > MAX_BYTES) {
    throw new WireError('bad_upload_only_message', `the upload_only message has ${payload.length} bytes`, {
      length: payload.length,
    });
  }
  return payload.some((byte) => byte !== 0);
}

/** The payload after the extended id. */
export function encodeUploadOnly(isUploadOnly: boolean): Uint8Array {
  return Uint8Array.of(Number(isUploadOnly));
}
