// The `files` of an info dictionary (BEP 3, 47) found in the raw bytes on the one walk that checks them: a torrent of thousands of files
// costs two strings a file and no tree. Knows only what nearly every entry is; any other is left to be decoded and judged.

import type { BencodeScanner } from '../bencode/scan.js';
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
const NINE = 0x39;
const COLON = 0x3a;
const LETTER_E = 0x65;
const letters = (word: string): Uint8Array => Uint8Array.from(word, (letter) => letter.charCodeAt(0));
const BEGIN = letters('d');
const ATTR = letters('4:attr');
const LENGTH = letters('6:lengthi');
const PATH = letters('4:pathl');
const TWIN = letters('10:path.utf-8l');

/** Digits that are certainly below 2^53. */
const SAFE_DIGITS = 15;
/** Letters of `attr` that are read. */
const MAX_ATTRIBUTES = 16;
/** The entry and the list in it. */
const ENTRY_LEVELS = 2;
/** Of an entry that is not plain, instead of its length. */
const ODD = -1;
const NONE = -1;

export class FileEntries {
  // Of each entry, by its place in the list: offsets in the input.
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #paths: number[] = [];
  /** Of those entries that have one. */
  readonly #attributes = new Map<number, number>();
  readonly #twins = new Map<number, number>();
  /** Of the list: its `l`, and what follows its `e`. */
  readonly #start: number;
  readonly #end: number;
  #bytes: Uint8Array = new Uint8Array();
  /** Offset of the first one of these bytes. */
  #base = 0;
  /** All of the list, where a character is a byte: cut out of it, a name costs next to nothing. */
  #text: string | null = null;

  // What the walk has found last.
  #at = 0;
  #value = 0;
  #nodes = 0;

  /** Walks over a list that the scanner has just opened, and over its end. Throws BencodeError. */
  constructor(scanner: BencodeScanner, bytes: Uint8Array) {
    this.#start = scanner.start;
    for (;;) {
      const start = scanner.position;
      if (this.#walkPlain(bytes, start)) {
        scanner.jump(this.#at, this.#nodes, ENTRY_LEVELS);
        continue;
      }
      const { depth } = scanner;
      const kind = scanner.next();
      if (kind === 'end') break;
      if (scanner.depth > depth) scanner.skip();
      this.#starts.push(start);
      this.#lengths.push(ODD);
      this.#paths.push(NONE);
    }
    this.#end = scanner.position;
  }

  get length(): number {
    return this.#starts.length;
  }

  /** To be called before anything is read: the bytes that were walked over, or a copy of some of them, and the offset at which these began. */
  attach(bytes: Uint8Array, base: number): void {
    this.#bytes = bytes;
    this.#base = base;
    const text = decodeUtf8(bytes.subarray(this.#start - base, this.#end - base));
    this.#text = text?.length === this.#end - this.#start ? text : null;
  }

  /** The bytes from that entry on. */
  rest(index: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[index] - this.#base);
  }

  /** The entry of that place in the list; null where it must be decoded to be judged. */
  read(index: number): PlainEntry | null {
    const length = this.#lengths[index];
    if (length === ODD) return null;
    const path = this.#strings(this.#paths[index], decodeText) ?? [];
    const attributes = this.#attributes.get(index);
    const twin = this.#twins.get(index);
    return {
      length,
      attributes: attributes === undefined ? '' : this.#firstLetters(attributes),
      isLegacyPadding: path[path.length - 1].startsWith(LEGACY_PADDING),
      components: () => (twin === undefined ? null : this.#strings(twin, decodeUtf8)) ?? path,
    };
  }

  /** Whether a plain entry begins there; it is then in the lists. */
  #walkPlain(bytes: Uint8Array, start: number): boolean {
    if (!this.#word(bytes, start, BEGIN)) return false;
    let attributes = NONE;
    let nodes = 5;
    if (this.#word(bytes, this.#at, ATTR)) {
      attributes = this.#at;
      if (!this.#string(bytes, attributes)) return false;
      nodes += 2;
    }
    if (!this.#word(bytes, this.#at, LENGTH) || !this.#number(bytes, this.#at, LETTER_E)) return false;
    const length = this.#value;
    if (!this.#word(bytes, this.#at, PATH)) return false;
    const path = this.#at;
    let count = this.#list(bytes, path);
    if (count === 0) return false;
    nodes += count;
    let twin = NONE;
    if (this.#word(bytes, this.#at, TWIN)) {
      twin = this.#at;
      count = this.#list(bytes, twin);
      if (count === 0) return false;
      nodes += 2 + count;
    }
    if (bytes[this.#at] !== LETTER_E) return false;
    this.#at++;
    this.#nodes = nodes;
    if (attributes !== NONE) this.#attributes.set(this.#starts.length, attributes);
    if (twin !== NONE) this.#twins.set(this.#starts.length, twin);
    this.#starts.push(start);
    this.#lengths.push(length);
    this.#paths.push(path);
    return true;
  }

  #word(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
    for (let index = 0; index < word.length; index++) if (bytes[at + index] !== word[index]) return false;
    this.#at = at + word.length;
    return true;
  }

  /** Digits without a leading zero, and what ends them. */
  #number(bytes: Uint8Array, at: number, end: number): boolean {
    let value = 0;
    let cursor = at;
    for (let byte = bytes[cursor]; byte >= ZERO && byte <= NINE; byte = bytes[++cursor]) value = value * 10 + (byte - ZERO);
    const digits = cursor - at;
    if (bytes[cursor] !== end || digits === 0 || digits > SAFE_DIGITS || (digits > 1 && bytes[at] === ZERO)) return false;
    this.#value = value;
    this.#at = cursor + 1;
    return true;
  }

  #string(bytes: Uint8Array, at: number): boolean {
    if (!this.#number(bytes, at, COLON) || this.#value > bytes.length - this.#at) return false;
    this.#at += this.#value;
    return true;
  }

  /** How many strings the list has; 0 where it has none, or anything else. */
  #list(bytes: Uint8Array, at: number): number {
    let count = 0;
    this.#at = at;
    while (bytes[this.#at] !== LETTER_E) {
      if (!this.#string(bytes, this.#at)) return 0;
      count++;
    }
    this.#at++;
    return count;
  }

  /** Strings of a list that was walked over; null where `decode` makes nothing of one. */
  #strings(from: number, decode: (bytes: Uint8Array) => string | null): string[] | null {
    const bytes = this.#bytes;
    const texts: string[] = [];
    this.#at = from - this.#base;
    while (bytes[this.#at] !== LETTER_E) {
      this.#number(bytes, this.#at, COLON);
      const start = this.#at;
      const end = start + this.#value;
      const shift = this.#base - this.#start;
      const text = this.#text === null ? decode(bytes.subarray(start, end)) : this.#text.slice(start + shift, end + shift);
      if (text === null) return null;
      texts.push(text);
      this.#at = end;
    }
    return texts;
  }

  #firstLetters(from: number): string {
    this.#number(this.#bytes, from - this.#base, COLON);
    return decodeText(this.#bytes.subarray(this.#at, this.#at + Math.min(this.#value, MAX_ATTRIBUTES)));
  }
}
