// Typed reading of decoded dictionaries. Each function takes the field's full name (`info.files[3].length`), which is what a
// MetainfoError carries, and says what was expected and what was found.

import { BencodeDict } from '../bencode/bencode-dict.js';
import type { BencodeValue } from '../bencode/bencode-dict.js';
import { latin1 } from '../bencode/latin1.js';
import { MetainfoError } from '../model/error.js';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** A MetainfoError whose message begins with the field's name. */
export function fieldError(path: string, problem: string, cause?: unknown): MetainfoError {
  return new MetainfoError(`${path}: ${problem}`, { path }, cause === undefined ? undefined : { cause });
}

/** The same error, where its field lies within `path`; anything else unchanged. */
export function within(path: string, error: unknown): unknown {
  if (!(error instanceof MetainfoError)) return error;
  const below = error.detail.path === '' ? '' : `.${error.detail.path}`;
  return fieldError(`${path}${below}`, error.message.slice(error.detail.path.length + 2), error.cause);
}

function describe(value: BencodeValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return 'an integer beyond 2^53';
  if (typeof value === 'number') return `the integer ${value}`;
  if (value instanceof Uint8Array) return `a string of ${value.length} bytes`;
  return Array.isArray(value) ? 'a list' : 'a dictionary';
}

function mismatch(path: string, expected: string, value: BencodeValue | undefined): MetainfoError {
  return fieldError(path, `expected ${expected}, found ${describe(value)}`);
}

export function expectDict(value: BencodeValue | undefined, path: string): BencodeDict {
  if (value instanceof BencodeDict) return value;
  throw mismatch(path, 'a dictionary', value);
}

export function expectList(value: BencodeValue | undefined, path: string): readonly BencodeValue[] {
  if (Array.isArray(value)) return value;
  throw mismatch(path, 'a list', value);
}

export function expectBytes(value: BencodeValue | undefined, path: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw mismatch(path, 'a string', value);
}

function describeRange(low: number, high: number): string {
  if (high !== Infinity) return `an integer from ${low} to ${high}`;
  return low === -Infinity ? 'an integer' : `an integer of at least ${low}`;
}

/** An integer in low … high, both included, and in any case within ±(2^53 − 1). */
export function expectInteger(value: BencodeValue | undefined, path: string, low: number, high: number): number {
  if (typeof value === 'number' && value >= low && value <= high) return value;
  throw mismatch(path, describeRange(low, high), value);
}

/** Bytes up to which a loop over plain ASCII is quicker than a call of the decoder. */
const SHORT_TEXT = 48;

function decodeAscii(bytes: Uint8Array): string | null {
  let text = '';
  for (const byte of bytes) {
    if (byte >= 0x80) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** UTF-8, or null where the bytes are none. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  const ascii = bytes.length <= SHORT_TEXT ? decodeAscii(bytes) : null;
  if (ascii !== null) return ascii;
  const text = utf8.decode(bytes);
  // What is no UTF-8 has become this character. A decoder that throws instead takes longer to do so than all else here.
  return !text.includes('\ufffd') || isEncoding(bytes, text) ? text : null;
}

function isEncoding(bytes: Uint8Array, text: string): boolean {
  const encoded = utf8Encoder.encode(text);
  return encoded.length === bytes.length && encoded.every((byte, at) => byte === bytes[at]);
}

/** UTF-8; where it is none, each byte becomes the character of its number (latin1): different bytes stay different. */
export function decodeText(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? latin1(bytes, 0, bytes.length);
}
