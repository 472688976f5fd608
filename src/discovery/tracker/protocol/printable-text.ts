// Text that a tracker sent, made fit for a log line: one line, no control or direction marks, bounded. Invalid UTF-8
// becomes the replacement character, so that a message in another encoding is still half readable.

import { printableLine } from '../../../model/printable-line.js';

const MAX_MESSAGE_LENGTH = 200;

/** At most `MAX_MESSAGE_LENGTH` characters. */
export function toPrintable(bytes: Uint8Array): string {
  // Four bytes a character at most, and some room for what is taken out.
  const text = new TextDecoder().decode(bytes.subarray(0, 8 * MAX_MESSAGE_LENGTH));
  return boundText(printableLine(text));
}

/** Cuts between code points, never inside one. */
function boundText(text: string): string {
  if (text.length <= MAX_MESSAGE_LENGTH) return text;
  const characters = Array.from(text);
  return characters.length <= MAX_MESSAGE_LENGTH ? text : `${characters.slice(0, MAX_MESSAGE_LENGTH - 1).join('')}…`;
}
