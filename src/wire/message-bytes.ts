// The first bytes of a message as they stand on the wire, in hexadecimal: for the log line about one that can't be read, by which whoever wrote
// the other program finds what it sent. Few, so that nobody fills a log with them.

import { toHex } from '../model/ids.js';
import { encodedLength, encodeInto } from './message-encoder.js';
import type { Message } from './message.js';

/** A request, or the beginning of something longer. */
export const SHOWN_MESSAGE_BYTES = 32;

/** Of `piece` and `unknown`, which are not kept, nothing. */
export function messageBytes(message: Message): string {
  if (message.type === 'piece' || message.type === 'unknown') return '';
  const bytes = new Uint8Array(encodedLength(message));
  encodeInto(message, bytes, 0);
  return toHex(bytes.subarray(0, SHOWN_MESSAGE_BYTES));
}
