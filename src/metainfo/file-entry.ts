// One entry of `info.files` (BEP 3, 47) read from the raw bytes, token by token: a torrent of thousands of files then costs two strings a
// file and no tree. Knows only what nearly every entry is; of anything else it says null, and the decoded entry is judged instead.

import { BencodeScanner } from '../bencode/scan.js';
import { decodeText, decodeUtf8 } from './fields.js';

/** How padding files were called before BEP 47. */
export const LEGACY_PADDING = '_____padding_file_';

export interface PlainEntry {
  /** Bytes, 0 or more. */
  readonly length: number;
  /** `attr`; empty where there is none. */
  readonly attributes: string;
  readonly isLegacyPadding: boolean;
  /** As the torrent has them, one or more: not yet safe. */
  components(): readonly string[];
}

const ZERO = 0x30;
const MINUS = 0x2d;
/** Digits that are certainly below 2^53. */
const SAFE_DIGITS = 15;
/** Letters of `attr` that are read. */
const MAX_ATTRIBUTES = 16;
/** Of the list itself and of the entry in it. */
const ENTRY_DEPTH = 2;
/** What the whole torrent was held to before. */
const LIMITS = { maxDepth: 64, maxNodes: Infinity };

/** Walks a list that a decoder has found to be bencode. */
export class EntryReader {
  readonly #raw: Uint8Array;
  readonly #scanner: BencodeScanner;
  /** All of the list, where a character is a byte: cut out of it, a name costs next to nothing. */
  readonly #text: string | null;
  #start = 0;

  /** `raw`: from the list's `l` to its `e`. */
  constructor(raw: Uint8Array) {
    this.#raw = raw;
    this.#scanner = new BencodeScanner(raw, LIMITS);
    this.#scanner.next();
    const text = decodeUtf8(raw);
    this.#text = text?.length === raw.length ? text : null;
  }

  /** Goes to the next entry, of whatever kind; false: there is none. */
  next(): boolean {
    while (this.#scanner.depth >= ENTRY_DEPTH) this.#scanner.next();
    this.#start = this.#scanner.position;
    return this.#scanner.next() !== 'end';
  }

  /** The bytes from the entry that `next` went to on. */
  get rest(): Uint8Array {
    return this.#raw.subarray(this.#start);
  }

  /** The entry that `next` went to, once; null where it must be decoded to be judged. */
  read(): PlainEntry | null {
    const scanner = this.#scanner;
    if (scanner.depth !== ENTRY_DEPTH) return null;
    let length = -1;
    let path: string[] | null = null;
    let twin: string[] | null = null;
    let attributes = '';
    let keyStart = 0;
    let keyEnd = 0;
    for (let kind = scanner.next(); kind !== 'end'; kind = scanner.next()) {
      // A list is no dictionary; keys that are not in order may come twice.
      if (kind !== 'key' || (keyEnd > 0 && !this.#isAfter(keyStart, keyEnd))) return null;
      keyStart = scanner.contentStart;
      keyEnd = scanner.contentEnd;
      const key = this.#slice(keyStart, keyEnd);
      kind = scanner.next();
      if (key === 'length') {
        if (kind !== 'integer') return null;
        length = this.#integer();
      } else if (key === 'path' || key === 'path.utf-8') {
        if (kind !== 'list') return null;
        const texts = this.#strings(key === 'path');
        if (texts === null) return null;
        if (key === 'path') path = texts;
        else twin = texts;
      } else if (kind === 'list' || kind === 'dictionary') {
        return null;
      } else if (key === 'attr' && kind === 'string') {
        attributes = decodeText(
          this.#raw.subarray(scanner.contentStart, Math.min(scanner.contentEnd, scanner.contentStart + MAX_ATTRIBUTES)),
        );
      }
    }
    const components = twin ?? path;
    if (components === null || length < 0) return null;
    const isLegacyPadding = path !== null && path[path.length - 1].startsWith(LEGACY_PADDING);
    return { length, attributes, isLegacyPadding, components: () => components };
  }

  /** Whether the key just read comes after that one, in the order of raw bytes. */
  #isAfter(start: number, end: number): boolean {
    const { contentStart, contentEnd } = this.#scanner;
    const common = Math.min(end - start, contentEnd - contentStart);
    for (let at = 0; at < common; at++) {
      const difference = this.#raw[contentStart + at] - this.#raw[start + at];
      if (difference !== 0) return difference > 0;
    }
    return contentEnd - contentStart > end - start;
  }

  #slice(start: number, end: number): string {
    return this.#text === null ? decodeText(this.#raw.subarray(start, end)) : this.#text.slice(start, end);
  }

  /** -1 where it is none that a length may be, or so long that it takes more care. */
  #integer(): number {
    const { contentStart, contentEnd } = this.#scanner;
    if (contentEnd - contentStart > SAFE_DIGITS || this.#raw[contentStart] === MINUS) return -1;
    let value = 0;
    for (let at = contentStart; at < contentEnd; at++) value = value * 10 + (this.#raw[at] - ZERO);
    return value;
  }

  /** A list of strings that was just opened; null where it is empty or holds anything else, or (`isLoose` false) bytes that are not UTF-8. */
  #strings(isLoose: boolean): string[] | null {
    const scanner = this.#scanner;
    const texts: string[] = [];
    for (let kind = scanner.next(); kind !== 'end'; kind = scanner.next()) {
      if (kind !== 'string') return null;
      const { contentStart, contentEnd } = scanner;
      if (!isLoose && this.#text === null && decodeUtf8(this.#raw.subarray(contentStart, contentEnd)) === null) return null;
      texts.push(this.#slice(contentStart, contentEnd));
    }
    return texts.length === 0 ? null : texts;
  }
}
