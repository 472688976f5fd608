// lt_donthave (BEP 54): a peer takes back a piece that it announced, in an extended message (BEP 10) of four bytes: the piece's index.
// Whether there is such a piece, and what follows, is the session's business.

import { WireError } from './wire-error.js';

/** Its name in the extended handshake. */
export const LT_DONTHAVE = 'lt_donthave';

const INDEX_BYTES = 4;

/** `payload` is what follows the extended id. The index as it came, 0 … 2^32 − 1. Throws WireError `bad_donthave_message`. */
export function decodeDontHave(payload: Uint8Array): number {
  if (payload.length !== INDEX_BYTES) {
    throw new WireError('bad_donthave_message', `the lt_donthave message has ${payload.length} bytes, not ${INDEX_BYTES}`, {
      length: payload.length,
    });
  }
  return new DataView(payload.buffer, payload.byteOffset, INDEX_BYTES).getUint32(0);
}
