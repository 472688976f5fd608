// Bytes as text, one character a byte: for what is compared and cut, not read. Offsets in it are offsets in the bytes. TextDecoder has no
// such encoding: its `latin1` is windows-1252.

/** Characters from which on a decoder is quicker than a loop. */
const LONG_TEXT = 64;

const utf16 = new TextDecoder('utf-16le');

/** Each byte becomes the character of its number. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start >= LONG_TEXT) {
    const units = new Uint8Array((end - start) * 2);
    for (let at = start; at < end; at++) units[(at - start) * 2] = bytes[at];
    return utf16.decode(units);
  }
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]);
  return text;
}
