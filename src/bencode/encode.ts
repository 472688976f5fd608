// Values to bencode (BEP 3), the one way there is: keys in the order of their raw bytes, so that equal values give equal
// bytes. Values are ours, not a stranger's, so recursion is no danger here.

import { InvariantError } from '../model/error.js';
import { BencodeDict } from './bencode-dict.js';

/** Bencode that is there already and goes in as it is: whoever makes one vouches for it. */
export class Encoded {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/**
 * What can be encoded. Text and the keys of plain objects are written as UTF-8; the keys of a BencodeDict as the raw bytes they
 * stand for. Entries that are `undefined` are left out.
 */
export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | BencodeDict
  | Encoded
  | readonly Encodable[]
  | { readonly [key: string]: Encodable | undefined };

const LIST = Uint8Array.of(0x6c);
const DICTIONARY = Uint8Array.of(0x64);
const END = Uint8Array.of(0x65);

const utf8 = new TextEncoder();

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function appendString(bytes: Uint8Array, parts: Uint8Array[]): void {
  parts.push(utf8.encode(`${bytes.length}:`), bytes);
}

function appendDictionary(entries: [Uint8Array, Encodable][], parts: Uint8Array[]): void {
  entries.sort(([a], [b]) => compareBytes(a, b));
  parts.push(DICTIONARY);
  for (const [key, value] of entries) {
    appendString(key, parts);
    append(value, parts);
  }
  parts.push(END);
}

function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value);
}

function append(value: Encodable, parts: Uint8Array[]): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new InvariantError('only whole numbers can be bencoded', { value });
    parts.push(utf8.encode(`i${value === 0 ? 0 : value}e`));
  } else if (typeof value === 'bigint') {
    parts.push(utf8.encode(`i${value}e`));
  } else if (typeof value === 'string') {
    appendString(utf8.encode(value), parts);
  } else if (value instanceof Uint8Array) {
    appendString(value, parts);
  } else if (value instanceof Encoded) {
    parts.push(value.bytes);
  } else if (isList(value)) {
    parts.push(LIST);
    for (const item of value) append(item, parts);
    parts.push(END);
  } else if (value instanceof BencodeDict) {
    appendDictionary(
      [...value.entries()].map(([key, item]) => [latin1Bytes(key), item]),
      parts,
    );
  } else {
    const entries: [Uint8Array, Encodable][] = [];
    for (const [key, item] of Object.entries(value)) if (item !== undefined) entries.push([utf8.encode(key), item]);
    appendDictionary(entries, parts);
  }
}

/** The bencoding of `value`, in memory of its own. Fractions and numbers beyond 2^53 − 1 are an InvariantError. */
export function encode(value: Encodable): Uint8Array {
  const parts: Uint8Array[] = [];
  append(value, parts);
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
