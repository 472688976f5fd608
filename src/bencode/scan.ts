// The grammar of bencode (BEP 3), strictly: one token at a time, without recursion and without allocating anything,
// so that no input can cost more than a walk over its bytes. Values are made of the tokens in decode.ts.

import { BencodeError } from './bencode-error.js';

export interface ScanLimits {
  /** Lists and dictionaries within each other. */
  readonly maxDepth: number;
  /** Values and keys altogether: what bounds the memory of the decoded tree. */
  readonly maxNodes: number;
}

export type TokenKind = 'integer' | 'string' | 'key' | 'list' | 'dictionary' | 'end';

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const COLON = 0x3a;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_I = 0x69;
const LETTER_L = 0x6c;

/** Digits of the longest integer taken: all of 64 bits. */
const MAX_INTEGER_DIGITS = 20;
/** Digits of the longest string length taken; more is longer than any input. */
const MAX_LENGTH_DIGITS = 15;

const IN_LIST = 0;
const BEFORE_KEY = 1;
const BEFORE_VALUE = 2;

export class BencodeScanner {
  readonly #bytes: Uint8Array;
  readonly #limits: ScanLimits;
  /** For each open container what may come next. */
  readonly #open: Uint8Array;
  #depth = 0;
  #nodes = 0;
  #position = 0;

  /** Offset of the token's first byte. */
  start = 0;
  /** Of a string or key: where its bytes begin and end. Of an integer: where its digits (and sign) do. */
  contentStart = 0;
  contentEnd = 0;

  constructor(bytes: Uint8Array, limits: ScanLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#open = new Uint8Array(limits.maxDepth);
  }

  /** Containers that are open after the last token; 0 means that a whole value has been read. */
  get depth(): number {
    return this.#depth;
  }

  /** Values and keys that may yet come. */
  get nodesLeft(): number {
    return this.#limits.maxNodes - this.#nodes;
  }

  /** Offset just after the last token. */
  get position(): number {
    return this.#position;
  }

  /** The next token; throws BencodeError. Not to be called again once `depth` is back at 0. */
  next(): TokenKind {
    const at = this.#position;
    this.start = at;
    if (at >= this.#bytes.length) throw new BencodeError('the input ends too early', at);
    const byte = this.#bytes[at];
    if (byte === LETTER_E) return this.#close(at);
    if (++this.#nodes > this.#limits.maxNodes) throw new BencodeError(`more than ${this.#limits.maxNodes} values`, at);
    const state = this.#depth === 0 ? IN_LIST : this.#open[this.#depth - 1];
    if (state === BEFORE_KEY) {
      if (byte < ZERO || byte > NINE) throw new BencodeError('a dictionary key must be a string', at);
      this.#open[this.#depth - 1] = BEFORE_VALUE;
      this.#string(at);
      return 'key';
    }
    if (state === BEFORE_VALUE) this.#open[this.#depth - 1] = BEFORE_KEY;
    if (byte >= ZERO && byte <= NINE) {
      this.#string(at);
      return 'string';
    }
    if (byte === LETTER_I) {
      this.#integer(at);
      return 'integer';
    }
    if (byte === LETTER_L || byte === LETTER_D) {
      if (this.#depth === this.#limits.maxDepth) throw new BencodeError(`nested deeper than ${this.#limits.maxDepth}`, at);
      this.#open[this.#depth++] = byte === LETTER_L ? IN_LIST : BEFORE_KEY;
      this.#position = at + 1;
      return byte === LETTER_L ? 'list' : 'dictionary';
    }
    throw new BencodeError('no value begins with this byte', at);
  }

  /** Checks all of the container that was just opened, and what is in it, and goes on after it. */
  skip(): void {
    const { depth } = this;
    while (this.#depth >= depth) this.next();
  }

  /** Goes on after the container that was just opened; `end`: where an earlier walk found that it ends. */
  leave(end: number): void {
    this.#depth--;
    this.#position = end;
  }

  /**
   * Goes on after values in a list, which somebody else has checked: the last one ends at `end`, they are (and hold) so many values and
   * keys, and have so many levels of lists and dictionaries. Throws BencodeError where that is beyond a limit.
   */
  jump(end: number, nodes: number, levels: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#limits.maxNodes) throw new BencodeError(`more than ${this.#limits.maxNodes} values`, this.#position);
    if (this.#depth + levels > this.#limits.maxDepth)
      throw new BencodeError(`nested deeper than ${this.#limits.maxDepth}`, this.#position);
    this.#position = end;
  }

  #close(at: number): TokenKind {
    if (this.#depth === 0) throw new BencodeError('no value begins with this byte', at);
    if (this.#open[this.#depth - 1] === BEFORE_VALUE) throw new BencodeError('a dictionary key without a value', at);
    this.#depth--;
    this.#position = at + 1;
    return 'end';
  }

  #string(at: number): void {
    let cursor = at;
    let length = 0;
    let byte = this.#bytes[cursor];
    while (byte >= ZERO && byte <= NINE) {
      if (cursor - at === MAX_LENGTH_DIGITS) throw new BencodeError('a string longer than the input', at);
      length = length * 10 + (byte - ZERO);
      byte = this.#bytes[++cursor];
    }
    if (cursor >= this.#bytes.length) throw new BencodeError('the input ends within a string length', at);
    if (byte !== COLON) throw new BencodeError('a string length must end with a colon', cursor);
    if (this.#bytes[at] === ZERO && cursor - at > 1) throw new BencodeError('a string length with a leading zero', at);
    const contentStart = cursor + 1;
    if (length > this.#bytes.length - contentStart) throw new BencodeError('a string longer than the input', at);
    this.contentStart = contentStart;
    this.contentEnd = contentStart + length;
    this.#position = this.contentEnd;
  }

  #integer(at: number): void {
    const first = at + 1;
    const digits = this.#bytes[first] === MINUS ? first + 1 : first;
    let cursor = digits;
    while (this.#bytes[cursor] >= ZERO && this.#bytes[cursor] <= NINE) {
      if (cursor - digits === MAX_INTEGER_DIGITS) throw new BencodeError('an integer of more than 64 bits', at);
      cursor++;
    }
    if (cursor >= this.#bytes.length) throw new BencodeError('the input ends within an integer', at);
    if (this.#bytes[cursor] !== LETTER_E) throw new BencodeError('an integer must be digits and then the letter e', cursor);
    if (cursor === digits) throw new BencodeError('an integer without digits', at);
    if (this.#bytes[digits] === ZERO && (cursor - digits > 1 || digits > first)) {
      throw new BencodeError('an integer with a leading zero, or minus zero', at);
    }
    this.contentStart = first;
    this.contentEnd = cursor;
    this.#position = cursor + 1;
  }
}
