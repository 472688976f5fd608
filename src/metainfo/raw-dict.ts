// A bencoded dictionary (BEP 3) taken apart into its entries and put together again, each value as the bytes it came in: whoever changes one
// entry leaves the others as they are, with all that we don't know of. That matters most for `info`, whose raw bytes are the torrent.

import { encode } from '../bencode/encode.js';
import type { BencodeDict } from '../bencode/bencode-dict.js';
import { equalBytes } from '../model/ids.js';

const DICTIONARY = 0x64;
const END = 0x65;

export class RawDict {
  readonly #original: Uint8Array;
  /** Keys in latin1, as BencodeDict has them, in the order of the input. */
  readonly #values: Map<string, Uint8Array>;
  #isChanged = false;

  /** `dict` is `bytes` decoded. Nothing is copied. */
  constructor(bytes: Uint8Array, dict: BencodeDict) {
    this.#original = bytes;
    this.#values = new Map();
    for (const key of dict.keys()) {
      const span = dict.span(key);
      if (span !== null) this.#values.set(key, bytes.subarray(span.start, span.end));
    }
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** `value`: bencoded. One that is there already is no change. */
  set(key: string, value: Uint8Array): void {
    const known = this.#values.get(key);
    if (known !== undefined && equalBytes(known, value)) return;
    this.#values.set(key, value);
    this.#isChanged = true;
  }

  remove(key: string): void {
    if (this.#values.delete(key)) this.#isChanged = true;
  }

  /** Unchanged, the bytes it was made of, in whatever order; changed, with its keys in order as BEP 3 wants it. */
  toBytes(): Uint8Array {
    if (!this.#isChanged) return this.#original;
    const parts: Uint8Array[] = [Uint8Array.of(DICTIONARY)];
    // A character is a byte, so this is the order of the raw bytes.
    for (const key of [...this.#values.keys()].toSorted((a, b) => (a < b ? -1 : 1))) {
      parts.push(encode(Uint8Array.from(key, (character) => character.charCodeAt(0))));
      parts.push(this.#values.get(key) as Uint8Array);
    }
    parts.push(Uint8Array.of(END));
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
