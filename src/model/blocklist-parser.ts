// Blocklists as people have them, line by line, mixed in one file where they like: `name:1.2.3.4-1.2.3.9` (PeerGuardian's p2p),
// `001.002.003.004 - 001.002.003.009 , 000 , name` (eMule's dat), `192.0.2.0/24` and `2001:db8::/32`, single addresses, ranges
// without a name, comments. Works on bytes as they come: a line as a string would cost more than all the rest.

import { AddressScanner } from './address-scanner.js';
import { IPV6_WORDS } from './address-ranges.js';
import type { RangeBuilder } from './range-builder.js';

const LINE_FEED = 0x0a;
const HASH = 0x23;
const COMMA = 0x2c;
const DASH = 0x2d;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;

/** eMule blocks what has a lower access level. */
const LOWEST_ALLOWED_LEVEL = 127;

export interface BlocklistLimits {
  /** A longer line is a bad one. */
  readonly maxLineBytes: number;
}

export interface BadLine {
  /** From 1. */
  readonly number: number;
  /** As it came, cut; not safe for a terminal. */
  readonly text: string;
}

const MAX_BAD_TEXT = 80;

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

export class BlocklistParser {
  readonly #ranges: RangeBuilder;
  readonly #maxLineBytes: number;
  readonly #scanner = new AddressScanner();
  readonly #firstWords = new Uint32Array(IPV6_WORDS);
  /** The line that the last chunk began. */
  readonly #carry: Uint8Array;
  #carryLength = 0;
  /** The line is too long already: its rest is skipped. */
  #isSkipping = false;
  #lineNumber = 0;
  #badCount = 0;
  #goodCount = 0;
  #firstBad: BadLine | null = null;

  /** What is blocked goes to `ranges`. */
  constructor(ranges: RangeBuilder, limits: BlocklistLimits) {
    this.#ranges = ranges;
    this.#maxLineBytes = limits.maxLineBytes;
    this.#carry = new Uint8Array(limits.maxLineBytes);
  }

  /** Lines that are understood, those included that block nothing because of their access level; comments are none. */
  get goodCount(): number {
    return this.#goodCount;
  }

  get badCount(): number {
    return this.#badCount;
  }

  get firstBad(): BadLine | null {
    return this.#firstBad;
  }

  /** The next bytes of the file, cut anywhere. Not kept. */
  push(chunk: Uint8Array): void {
    let start = 0;
    while (start < chunk.length) {
      const feed = chunk.indexOf(LINE_FEED, start);
      const end = feed < 0 ? chunk.length : feed;
      if (feed < 0) {
        this.#keep(chunk.subarray(start));
        return;
      }
      if (this.#carryLength > 0 || this.#isSkipping) {
        this.#keep(chunk.subarray(start, end));
        this.#endCarried();
      } else this.#readLine(chunk, start, Math.min(end, start + this.#maxLineBytes), end - start > this.#maxLineBytes);
      start = feed + 1;
    }
  }

  /** There is no more. */
  end(): void {
    if (this.#carryLength > 0 || this.#isSkipping) this.#endCarried();
  }

  #keep(part: Uint8Array): void {
    if (this.#isSkipping) return;
    if (this.#carryLength + part.length > this.#maxLineBytes) {
      // Enough of it to name it.
      this.#carry.set(part.subarray(0, this.#maxLineBytes - this.#carryLength), this.#carryLength);
      this.#carryLength = this.#maxLineBytes;
      this.#isSkipping = true;
      return;
    }
    this.#carry.set(part, this.#carryLength);
    this.#carryLength += part.length;
  }

  #endCarried(): void {
    this.#readLine(this.#carry, 0, this.#carryLength, this.#isSkipping);
    this.#carryLength = 0;
    this.#isSkipping = false;
  }

  /** `isCut`: the line goes on after `to`, too long to be looked at; of a comment that is no matter. */
  #readLine(bytes: Uint8Array, from: number, to: number, isCut: boolean): void {
    this.#lineNumber++;
    let at = from;
    // A byte order mark, which editors put before the first line.
    if (this.#lineNumber === 1 && bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    at = skipBlanks(bytes, at, to);
    let end = to;
    while (end > at && isBlank(bytes[end - 1])) end--;
    if (at >= end || isComment(bytes, at)) return;
    if (!isCut && (this.#readUnnamed(bytes, at, end) || this.#readNamed(bytes, at, end))) {
      this.#goodCount++;
    } else this.#countBad(bytes, at, end);
  }

  /** The line begins with an address: alone, with a prefix length, or as the first one of a range. False: it does not. */
  #readUnnamed(bytes: Uint8Array, from: number, end: number): boolean {
    const scanner = this.#scanner;
    let at = scanner.read(bytes, from, end);
    if (at < 0) return false;
    const { family, value } = scanner;
    this.#firstWords.set(scanner.words);
    at = skipBlanks(bytes, at, end);
    if (isEnd(bytes, at, end)) return this.#add(family, value, value, this.#firstWords);
    if (bytes[at] === SLASH) return this.#readPrefix(bytes, at + 1, end, family, value);
    if (bytes[at] !== DASH) return false;
    at = scanner.read(bytes, skipBlanks(bytes, at + 1, end), end);
    if (at < 0 || scanner.family !== family) return false;
    const last = scanner.value;
    at = skipBlanks(bytes, at, end);
    if (isEnd(bytes, at, end)) return this.#add(family, value, last, scanner.words);
    if (bytes[at] !== COMMA) return false;
    const level = readNumber(bytes, skipBlanks(bytes, at + 1, end), end, 4);
    if (level === null) return false;
    at = skipBlanks(bytes, level.at, end);
    if (at < end && bytes[at] !== COMMA) return false;
    return level.value >= LOWEST_ALLOWED_LEVEL || this.#add(family, value, last, scanner.words);
  }

  /** `name:first-last`. The name may have colons in it, hence from the last one on, and IPv4 only. */
  #readNamed(bytes: Uint8Array, from: number, end: number): boolean {
    const scanner = this.#scanner;
    let at = end - 1;
    while (at >= from && bytes[at] !== COLON) at--;
    if (at < from) return false;
    at = scanner.readIpv4(bytes, skipBlanks(bytes, at + 1, end), end);
    if (at < 0) return false;
    const first = scanner.value;
    at = skipBlanks(bytes, at, end);
    if (at >= end || bytes[at] !== DASH) return false;
    at = scanner.readIpv4(bytes, skipBlanks(bytes, at + 1, end), end);
    return at === end && this.#add(4, first, scanner.value, scanner.words);
  }

  /** Bits beyond the prefix are not looked at. */
  #readPrefix(bytes: Uint8Array, from: number, end: number, family: 4 | 6, value: number): boolean {
    const prefix = readNumber(bytes, from, end, 3);
    if (prefix === null || !isEnd(bytes, skipBlanks(bytes, prefix.at, end), end)) return false;
    const length = this.#scanner.isMapped ? prefix.value - 96 : prefix.value;
    if (length < 0 || length > (family === 4 ? 32 : 128)) return false;
    if (family === 4) {
      const size = 2 ** (32 - length);
      const first = value - (value % size);
      return this.#add(4, first, first + size - 1, this.#firstWords);
    }
    const last = this.#scanner.words;
    for (let word = 0; word < IPV6_WORDS; word++) {
      const size = 2 ** Math.min(32, Math.max(0, 32 * (word + 1) - length));
      const first = this.#firstWords[word] - (this.#firstWords[word] % size);
      this.#firstWords[word] = first;
      last[word] = first + size - 1;
    }
    return this.#add(6, 0, 0, last);
  }

  /** The first IPv6 address is in `#firstWords`. False where the range is upside down. */
  #add(family: 4 | 6, first: number, last: number, lastWords: Uint32Array): boolean {
    if (family === 4) {
      if (first > last) return false;
      this.#ranges.addIpv4(first, last);
      return true;
    }
    const at = this.#firstWords.findIndex((word, index) => word !== lastWords[index]);
    if (at >= 0 && this.#firstWords[at] > lastWords[at]) return false;
    this.#ranges.addIpv6(this.#firstWords, lastWords);
    return true;
  }

  #countBad(bytes: Uint8Array, from: number, to: number): void {
    this.#badCount++;
    if (this.#firstBad !== null) return;
    const cut = bytes.subarray(from, Math.min(to, from + MAX_BAD_TEXT));
    this.#firstBad = { number: this.#lineNumber, text: new TextDecoder().decode(cut) };
  }
}

function isComment(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === HASH || bytes[at] === SEMICOLON || (bytes[at] === SLASH && bytes[at + 1] === SLASH);
}

/** Nothing more, or a comment. */
function isEnd(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || isComment(bytes, at);
}

/** Up to `maxDigits` digits; null where there is none or one more. */
function readNumber(bytes: Uint8Array, from: number, end: number, maxDigits: number): { value: number; at: number } | null {
  let value = 0;
  let at = from;
  for (; at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) {
    if (at - from === maxDigits) return null;
    value = value * 10 + bytes[at] - 0x30;
  }
  return at === from ? null : { value, at };
}
