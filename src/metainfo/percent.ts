// Percent escapes (RFC 3986) to bytes. A magnet link is typed, copied and cut by people and by programs, so the caller says what a
// broken escape is: an error where a digit more or less changes the meaning, text as it stands where a person reads it.

const PERCENT = 0x25;

const utf8 = new TextEncoder();

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The bytes that `text` stands for; a `%` without two hex digits after it stays what it is, or gives null where `isStrict`. */
export function percentBytes(text: string, isStrict: boolean): Uint8Array | null {
  const bytes = utf8.encode(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at];
    if (byte === PERCENT) {
      const high = at + 2 < bytes.length ? hexDigit(bytes[at + 1]) : -1;
      const low = at + 2 < bytes.length ? hexDigit(bytes[at + 2]) : -1;
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        at += 2;
      } else if (isStrict) {
        return null;
      }
    }
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}
