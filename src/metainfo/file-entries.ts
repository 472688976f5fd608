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
  /** The path as the torrent has it, not yet safe: what leads to the name, one array for all files of a folder that follow each other. */
  readonly folders: readonly string[];
  readonly name: string;
}

const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const letters = (word: string): Uint8Array => Uint8Array.from(word, (letter) => letter.charCodeAt(0));
const ATTR = letters('4:attr');
const SIZE = letters('6:lengthi');
const COMPONENTS = letters('4:pathl');
const TWIN = letters('10:path.utf-8l');

type Decode = (bytes: Uint8Array) => string | null;

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
  // Of each entry, by its place in the list: its length, and offsets in the input, of its path (of an odd one: of itself) and of the last
  // string of that: where its length stands, where it begins, and where it ends.
  readonly #lengths: number[] = [];
  readonly #paths: number[] = [];
  readonly #nameHeads: number[] = [];
  readonly #nameStarts: number[] = [];
  readonly #nameEnds: number[] = [];
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

  // The folders that were read last, and how they are written: those of the next entry are mostly the same.
  #folders: readonly string[] = [];
  #foldersText: string | null = null;

  // What the walk has found last.
  #at = 0;
  #value = 0;
  #nodes = 0;
  #nameHead = 0;
  #nameStart = 0;

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
      this.#lengths.push(ODD);
      this.#paths.push(start);
      for (const offsets of [this.#nameHeads, this.#nameStarts, this.#nameEnds]) offsets.push(NONE);
    }
    this.#end = scanner.position;
  }

  get length(): number {
    return this.#lengths.length;
  }

  /** To be called before anything is read: the bytes that were walked over, or a copy of some of them, and the offset at which these began. */
  attach(bytes: Uint8Array, base: number): void {
    this.#bytes = bytes;
    this.#base = base;
    const text = decodeUtf8(bytes.subarray(this.#start - base, this.#end - base));
    this.#text = text?.length === this.#end - this.#start ? text : null;
  }

  /** The bytes from that entry on, which is one that must be decoded. */
  rest(index: number): Uint8Array {
    return this.#bytes.subarray(this.#paths[index] - this.#base);
  }

  /** The entry of that place in the list; null where it must be decoded to be judged. */
  read(index: number): PlainEntry | null {
    const length = this.#lengths[index];
    if (length === ODD) return null;
    const at = this.#attributes.size === 0 ? undefined : this.#attributes.get(index);
    const attributes = at === undefined ? '' : this.#firstLetters(at);
    const name = this.#string(this.#nameStarts[index], this.#nameEnds[index], decodeText) ?? '';
    const isLegacyPadding = name.startsWith(LEGACY_PADDING);
    const twin = this.#twins.size === 0 ? undefined : this.#twins.get(index);
    const path = twin === undefined ? null : this.#strings(twin, decodeUtf8);
    return path === null
      ? { length, attributes, isLegacyPadding, folders: this.#readFolders(index), name }
      : { length, attributes, isLegacyPadding, folders: path.slice(0, -1), name: path[path.length - 1] };
  }

  #readFolders(index: number): readonly string[] {
    const from = this.#paths[index];
    const to = this.#nameHeads[index];
    const before = this.#foldersText;
    const text = this.#text;
    if (text !== null && before?.length === to - from && text.startsWith(before, from - this.#start)) return this.#folders;
    this.#folders = this.#strings(from, decodeText, to) ?? [];
    this.#foldersText = text?.slice(from - this.#start, to - this.#start) ?? null;
    return this.#folders;
  }

  /** Whether a plain entry begins there; it is then in the lists. */
  #walkPlain(bytes: Uint8Array, start: number): boolean {
    if (bytes[start] !== LETTER_D) return false;
    this.#at = start + 1;
    let attributes = NONE;
    let nodes = 5;
    if (bytes[this.#at] === ATTR[0] && this.#word(bytes, this.#at, ATTR)) {
      attributes = this.#at;
      if (!this.#skip(bytes, attributes)) return false;
      nodes += 2;
    }
    if (!this.#word(bytes, this.#at, SIZE) || !this.#number(bytes, this.#at, LETTER_E)) return false;
    const length = this.#value;
    if (!this.#word(bytes, this.#at, COMPONENTS)) return false;
    const path = this.#at;
    let count = this.#list(bytes, path);
    if (count === 0) return false;
    nodes += count;
    const nameHead = this.#nameHead;
    const nameStart = this.#nameStart;
    const nameEnd = this.#at - 1;
    let twin = NONE;
    if (bytes[this.#at] === TWIN[0] && this.#word(bytes, this.#at, TWIN)) {
      twin = this.#at;
      count = this.#list(bytes, twin);
      if (count === 0) return false;
      nodes += 2 + count;
    }
    if (bytes[this.#at] !== LETTER_E) return false;
    this.#at++;
    this.#nodes = nodes;
    if (attributes !== NONE) this.#attributes.set(this.length, attributes);
    if (twin !== NONE) this.#twins.set(this.length, twin);
    this.#lengths.push(length);
    this.#paths.push(path);
    this.#nameHeads.push(nameHead);
    this.#nameStarts.push(nameStart);
    this.#nameEnds.push(nameEnd);
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

  #skip(bytes: Uint8Array, at: number): boolean {
    if (!this.#number(bytes, at, COLON) || this.#value > bytes.length - this.#at) return false;
    this.#at += this.#value;
    return true;
  }

  /** How many strings the list has; 0 where it has none, or anything else. */
  #list(bytes: Uint8Array, at: number): number {
    let count = 0;
    this.#at = at;
    while (bytes[this.#at] !== LETTER_E) {
      this.#nameHead = this.#at;
      if (!this.#number(bytes, this.#at, COLON) || this.#value > bytes.length - this.#at) return 0;
      this.#nameStart = this.#at;
      this.#at += this.#value;
      count++;
    }
    this.#at++;
    return count;
  }

  /** Strings of a list that was walked over, up to its end or to `to`; null where `decode` makes nothing of one. */
  #strings(from: number, decode: Decode, to = Infinity): string[] | null {
    const bytes = this.#bytes;
    const texts: string[] = [];
    let at = from;
    while (at < to && bytes[at - this.#base] !== LETTER_E) {
      this.#number(bytes, at - this.#base, COLON);
      const start = this.#at + this.#base;
      at = start + this.#value;
      const text = this.#string(start, at, decode);
      if (text === null) return null;
      texts.push(text);
    }
    return texts;
  }

  #string(start: number, end: number, decode: Decode): string | null {
    if (this.#text !== null) return this.#text.slice(start - this.#start, end - this.#start);
    return decode(this.#bytes.subarray(start - this.#base, end - this.#base));
  }

  #firstLetters(from: number): string {
    this.#number(this.#bytes, from - this.#base, COLON);
    return decodeText(this.#bytes.subarray(this.#at, this.#at + Math.min(this.#value, MAX_ATTRIBUTES)));
  }
}
