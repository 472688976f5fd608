// The `files` of an info dictionary (BEP 3, 47) read from the raw bytes on the one walk that checks them: a torrent of thousands of files
// costs a string a file and no tree. Knows only what nearly every entry is; any other is left to be decoded and judged. The walk is one over
// text, of some thousand bytes at a time: what a file's folder and fields must be is then compared at once, not byte by byte.

import { latin1 } from '../bencode/latin1.js';
import type { BencodeScanner } from '../bencode/scan.js';
import { decodeText, decodeUtf8 } from './fields.js';

/** How padding files were called before BEP 47. */
export const LEGACY_PADDING = '_____padding_file_';

/** Instead of the length of an entry that must be decoded to be judged: nothing else is known of it. */
export const ODD = -1;

const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UNDERSCORE = 0x5f;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const SIZE = 'd6:lengthi';
const ATTR = 'd4:attr';
const SIZE_AFTER_ATTR = '6:lengthi';
const COMPONENTS = 'e4:pathl';
const TWIN = '10:path.utf-8l';
/** Of the path, and of the entry. */
const ENDS = 'ee';

/** Digits that are certainly below 2^53. */
const SAFE_DIGITS = 15;
/** Letters of `attr` that are read. */
const MAX_ATTRIBUTES = 16;
/** The entry and the list in it. */
const ENTRY_LEVELS = 2;
/** An entry without anything but `length` and `path`, and without the components of that: itself, and these two with their keys. */
const ENTRY_NODES = 5;
/** Bytes that are made text at a time. */
const WINDOW = 16_384;
/** Bytes of the longest entry that is plain wherever it lies. One that is longer may have to be decoded. */
const LONGEST = 4096;
const FIRST_BEYOND_ASCII = 0x80;

export class FileEntries {
  // Of each entry, by its place in the list: bytes (0 or more), and its path as the torrent has it, not yet safe: what leads to the name, one
  // array for all files of a folder that follow each other, and the name.
  readonly lengths: number[] = [];
  readonly folders: (readonly string[])[] = [];
  readonly names: string[] = [];
  /** `attr` of those that have one. */
  readonly attributes = new Map<number, string>();
  readonly legacyPadding = new Set<number>();

  /** Offsets of those that are odd. */
  readonly #oddStarts: number[] = [];
  #bytes: Uint8Array;
  /** Offset of the first one of these bytes. */
  #base = 0;

  // The part of the input that is looked at: as text, of which a character is a byte, and where it begins. `#isAscii`: the text is the text.
  #text = '';
  #textStart = 0;
  #isAscii = true;

  // The folders that were read last, and how they are written: those of the next entry are mostly the same.
  #folders: readonly string[] = [];
  #foldersText = '';

  // What the walk has found last, as offsets in the text: of a string, what is before its length, its own, and what follows it.
  #head = 0;
  #start = 0;
  #end = 0;
  #nodesLeft = 0;

  /** Walks over a list that the scanner has just opened, and over its end. Throws BencodeError. */
  constructor(scanner: BencodeScanner, bytes: Uint8Array) {
    this.#bytes = bytes;
    for (;;) {
      this.#takePlain(scanner);
      const start = scanner.position;
      const { depth } = scanner;
      const kind = scanner.next();
      if (kind === 'end') break;
      if (scanner.depth > depth) scanner.skip();
      this.#oddStarts.push(start);
      this.#add(ODD, this.#folders, '');
    }
    // Of what was walked over nothing is kept but what was read.
    this.#text = '';
    this.#bytes = new Uint8Array();
  }

  get length(): number {
    return this.lengths.length;
  }

  /** To be called before `rest`: the bytes that were walked over, or a copy of some of them, and the offset at which these began. */
  attach(bytes: Uint8Array, base: number): void {
    this.#bytes = bytes;
    this.#base = base;
  }

  /** The bytes from an odd entry on; `place`: among the odd ones. */
  rest(place: number): Uint8Array {
    return this.#bytes.subarray(this.#oddStarts[place] - this.#base);
  }

  /** All that are plain and follow each other, up to the limit of values. */
  #takePlain(scanner: BencodeScanner): void {
    const start = scanner.position;
    this.#nodesLeft = scanner.nodesLeft;
    let at = start;
    while (this.#walkPlain(this.#text, at - this.#textStart) || this.#walkAgain(at)) {
      if (this.#isAscii) this.#takeAlike();
      at = this.#textStart + this.#end;
    }
    if (at > start) scanner.jump(at, scanner.nodesLeft - this.#nodesLeft, ENTRY_LEVELS);
  }

  /** Those that follow in the same folder. */
  #takeAlike(): void {
    const { lengths, folders, names } = this;
    const folder = this.#folders;
    const before = lengths.length;
    const nodes = ENTRY_NODES + folder.length + 1;
    const most = before + Math.floor(this.#nodesLeft / nodes);
    this.#end = takeAlike(this.#text, this.#end, this.#foldersText, lengths, names, most);
    this.#nodesLeft -= (lengths.length - before) * nodes;
    while (folders.length < lengths.length) folders.push(folder);
  }

  /** The same with more text, where that had a part of the entry only. */
  #walkAgain(start: number): boolean {
    if (!this.#isCut(start)) return false;
    const bytes = this.#bytes.subarray(start, start + WINDOW);
    this.#textStart = start;
    this.#text = asciiOf(bytes);
    this.#isAscii = true;
    if (this.#walkPlain(this.#text, 0)) return true;
    if (!this.#isCut(start)) return false;
    this.#text = latin1(bytes, 0, bytes.length);
    this.#isAscii = false;
    return this.#walkPlain(this.#text, 0);
  }

  #isCut(start: number): boolean {
    const textEnd = this.#textStart + this.#text.length;
    return start + LONGEST > textEnd && textEnd < this.#bytes.length && this.#bytes[start] === LETTER_D;
  }

  /** Whether a plain entry begins there; it is then in the lists, and `#end` is what follows it. */
  #walkPlain(text: string, start: number): boolean {
    let nodes = ENTRY_NODES;
    let attributes = '';
    let at = start + SIZE.length;
    if (!text.startsWith(SIZE, start)) {
      if (!text.startsWith(ATTR, start) || !this.#string(text, start + ATTR.length)) return false;
      if (!text.startsWith(SIZE_AFTER_ATTR, this.#end)) return false;
      attributes = this.#read(this.#start, Math.min(this.#end, this.#start + MAX_ATTRIBUTES));
      at = this.#end + SIZE_AFTER_ATTR.length;
      nodes += 2;
    }
    const digits = at;
    let length = 0;
    for (let unit = text.charCodeAt(at); unit >= ZERO && unit <= NINE; unit = text.charCodeAt(++at))
      length = length * 10 + (unit - ZERO);
    if (!isNumber(text, digits, at) || !text.startsWith(COMPONENTS, at)) return false;

    const path = at + COMPONENTS.length;
    let folders = this.#folders;
    let name = '';
    if (
      text.startsWith(this.#foldersText, path) &&
      this.#string(text, path + this.#foldersText.length) &&
      text.charCodeAt(this.#end) === LETTER_E
    ) {
      name = this.#read(this.#start, this.#end);
      nodes += folders.length + 1;
    } else {
      const components = this.#components(text, path, (from, to) => this.#read(from, to));
      if (components.length === 0) return false;
      nodes += components.length;
      name = components[components.length - 1];
      folders = components.slice(0, -1);
      this.#folders = folders;
      this.#foldersText = text.slice(path, this.#head);
    }
    const isLegacyPadding = name.startsWith(LEGACY_PADDING);
    at = this.#end + 1;
    if (text.startsWith(TWIN, at)) {
      const twin = this.#components(text, at + TWIN.length, (from, to) => decodeUtf8(this.#bytesOf(from, to)));
      if (twin.length === 0) return false;
      nodes += 2 + twin.length;
      at = this.#end + 1;
      // Where one of them is no UTF-8, the other path counts.
      if (twin.every((component) => component !== null)) {
        name = twin[twin.length - 1];
        folders = twin.slice(0, -1);
      }
    }
    if (text.charCodeAt(at) !== LETTER_E || nodes > this.#nodesLeft) return false;

    this.#end = at + 1;
    this.#nodesLeft -= nodes;
    if (attributes !== '') this.attributes.set(this.length, attributes);
    if (isLegacyPadding) this.legacyPadding.add(this.length);
    this.#add(length, folders, name);
    return true;
  }

  #add(length: number, folders: readonly string[], name: string): void {
    this.lengths.push(length);
    this.folders.push(folders);
    this.names.push(name);
  }

  /** Whether a string begins there, of which all is in the text. */
  #string(text: string, head: number): boolean {
    let at = head;
    let length = 0;
    let unit = text.charCodeAt(at);
    for (; unit >= ZERO && unit <= NINE; unit = text.charCodeAt(++at)) length = length * 10 + (unit - ZERO);
    if (unit !== COLON || !isNumber(text, head, at) || length > text.length - at - 1) return false;
    this.#head = head;
    this.#start = at + 1;
    this.#end = at + 1 + length;
    return true;
  }

  /** The strings up to an `e`, at which `#end` then is; none where there is anything else. */
  #components<T>(text: string, start: number, read: (start: number, end: number) => T): T[] {
    const components: T[] = [];
    let at = start;
    while (text.charCodeAt(at) !== LETTER_E) {
      if (!this.#string(text, at)) return [];
      components.push(read(this.#start, this.#end));
      at = this.#end;
    }
    return components;
  }

  /** The text between two offsets that are not the same in every encoding. */
  #read(start: number, end: number): string {
    return this.#isAscii ? this.#text.slice(start, end) : decodeText(this.#bytesOf(start, end));
  }

  #bytesOf(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(this.#textStart + start, this.#textStart + end);
  }
}

/** What the bytes begin with, up to the first that is not of ASCII: behind a list there are the hashes of the pieces. */
function asciiOf(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  // Only of ASCII there are as many characters as bytes.
  if (text?.length === bytes.length) return text;
  let end = 0;
  while (bytes[end] < FIRST_BEYOND_ASCII) end++;
  return latin1(bytes, 0, end);
}

/**
 * Entries that begin at `start`, with a path that begins with `folders` and has one component more, and nothing else: adds what they say
 * until there are `most`, and answers where the first one begins that is not such. One loop without a field: it runs once, before V8 has
 * compiled it, and a private field is then looked up each time.
 */
function takeAlike(text: string, start: number, folders: string, lengths: number[], names: string[], most: number): number {
  let from = start;
  while (lengths.length < most && text.startsWith(SIZE, from)) {
    const size = from + SIZE.length;
    let at = size;
    let length = 0;
    let unit = text.charCodeAt(at);
    for (; unit >= ZERO && unit <= NINE; unit = text.charCodeAt(++at)) length = length * 10 + (unit - ZERO);
    if (!isNumber(text, size, at) || !text.startsWith(COMPONENTS, at)) break;
    at += COMPONENTS.length;
    if (!text.startsWith(folders, at)) break;
    at += folders.length;
    const head = at;
    let nameLength = 0;
    unit = text.charCodeAt(at);
    for (; unit >= ZERO && unit <= NINE; unit = text.charCodeAt(++at)) nameLength = nameLength * 10 + (unit - ZERO);
    const end = at + 1 + nameLength;
    if (unit !== COLON || !isNumber(text, head, at) || !text.startsWith(ENDS, end)) break;
    // Maybe padding.
    if (text.charCodeAt(at + 1) === UNDERSCORE) break;
    lengths.push(length);
    names.push(text.slice(at + 1, end));
    from = end + ENDS.length;
  }
  return from;
}

/** Digits, at least one and no zero in front of others, and not too many. */
function isNumber(text: string, start: number, end: number): boolean {
  const digits = end - start;
  return digits > 0 && digits <= SAFE_DIGITS && (digits === 1 || text.charCodeAt(start) !== ZERO);
}
