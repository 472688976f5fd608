// Bencode (BEP 3) to values, for bytes nobody vouches for: strict, without recursion, bounded in depth and size. Everything
// is refused that has two readings, except dictionaries out of order: such torrents exist, so those are only marked.

import { BencodeDict } from './bencode-dict.js';
import type { BencodeValue } from './bencode-dict.js';
import { BencodeError } from './bencode-error.js';
import { latin1 } from './latin1.js';
import { BencodeScanner } from './scan.js';
import type { ScanLimits } from './scan.js';

export interface DecodeOptions {
  /** Lists and dictionaries within each other; default 64. */
  readonly maxDepth?: number;
  /** Values and keys altogether; default 1,000,000. */
  readonly maxNodes?: number;
  /** A list to be left hollow. */
  readonly hollow?: HollowList;
}

/**
 * A list that comes back empty because somebody else reads it, on the walk that checks the input: so thousands of entries need no tree.
 * Whether keys within it are in order, or come twice, is then for that reader to find out. There is one at most: of many, each with a
 * reader, the readers would cost more than the tree.
 */
export interface HollowList {
  /** Where it is: a key of the outermost dictionary, of the dictionary that is its value, and so on. One or more. */
  readonly path: readonly string[];
  /** The scanner has just opened it; `read` leaves it just after the list, and keeps nothing of `bytes` but text and offsets. May throw BencodeError. */
  read(scanner: BencodeScanner, bytes: Uint8Array): void;
}

const DEFAULT_MAX_DEPTH = 64;
const DEFAULT_MAX_NODES = 1_000_000;
/** Keys remembered at a time, and how long they may be: `piece length` and the like. */
const KNOWN_KEYS = 64;
const LONGEST_KNOWN_KEY = 24;
/** Digits that are certainly below 2^53. */
const SAFE_DIGITS = 15;

interface Frame {
  readonly container: BencodeValue[] | BencodeDict;
  readonly start: number;
  key: string;
  isCanonical: boolean;
}

const MINUS = 0x2d;
const ZERO = 0x30;

/** The same few keys come thousands of times in a torrent of many files: made once, they cost a comparison. */
class Keys {
  readonly #known: string[] = [];

  read(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST_KNOWN_KEY) return latin1(bytes, start, end);
    const place = (length * 31 + bytes[start] * 7 + bytes[end - 1]) % KNOWN_KEYS;
    const known = this.#known[place];
    if (known !== undefined && known.length === length) {
      let same = 0;
      while (same < length && known.charCodeAt(same) === bytes[start + same]) same++;
      if (same === length) return known;
    }
    const key = latin1(bytes, start, end);
    this.#known[place] = key;
    return key;
  }
}

function parseInteger(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start <= SAFE_DIGITS) {
    const isNegative = bytes[start] === MINUS;
    let value = 0;
    for (let at = isNegative ? start + 1 : start; at < end; at++) value = value * 10 + (bytes[at] - ZERO);
    return isNegative ? -value : value;
  }
  const exact = BigInt(latin1(bytes, start, end));
  const rounded = Number(exact);
  return Number.isSafeInteger(rounded) ? rounded : exact;
}

function place(frame: Frame, value: BencodeValue, start: number, end: number): void {
  if (Array.isArray(frame.container)) frame.container.push(value);
  else if (!frame.container.add(frame.key, value, start, end)) throw new BencodeError('a key comes twice', start);
}

function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

interface Extent {
  /** Just after the value. */
  readonly end: number;
  /** Where the list that is to be left hollow begins and ends. */
  readonly hollow: { readonly start: number; readonly end: number } | null;
}

/** A first walk that makes nothing of what it sees: broken input is found out before it costs memory. */
function measure(bytes: Uint8Array, limits: ScanLimits, wanted: HollowList | undefined): Extent {
  const scanner = new BencodeScanner(bytes, limits);
  const path = wanted?.path ?? [];
  let hollow: Extent['hollow'] = null;
  /** Keys of the path whose dictionaries are open, and whether the next one was just read. */
  let inside = 0;
  let isOnPath = false;
  do {
    const kind = scanner.next();
    if (isOnPath && inside === path.length - 1 && kind === 'list') {
      const { start } = scanner;
      if (hollow !== null) throw new BencodeError('a key comes twice', start);
      wanted?.read(scanner, bytes);
      hollow = { start, end: scanner.position };
    } else if (isOnPath && inside < path.length - 1 && kind === 'dictionary') inside++;
    else if (kind === 'end' && scanner.depth === inside && inside > 0) inside--;
    isOnPath =
      kind === 'key' &&
      inside < path.length &&
      scanner.depth === inside + 1 &&
      isText(bytes, scanner.contentStart, scanner.contentEnd, path[inside]);
  } while (scanner.depth > 0);
  return { end: scanner.position, hollow };
}

/**
 * The value at the start of `bytes` and the offset just after it; what follows is not looked at (BEP 9 puts raw bytes there).
 * Strings are views of one private copy of the input: the caller may reuse `bytes`. Throws BencodeError.
 */
export function decodePrefix(bytes: Uint8Array, options: DecodeOptions = {}): { value: BencodeValue; end: number } {
  const limits = { maxDepth: options.maxDepth ?? DEFAULT_MAX_DEPTH, maxNodes: options.maxNodes ?? DEFAULT_MAX_NODES };
  const { end, hollow } = measure(bytes, limits, options.hollow);
  const own = new Uint8Array(bytes.subarray(0, end));
  const scanner = new BencodeScanner(own, limits);
  const stack: Frame[] = [];
  const keys = new Keys();
  for (;;) {
    const kind = scanner.next();
    let value: BencodeValue;
    let start = scanner.start;
    switch (kind) {
      case 'key':
        stack[stack.length - 1].key = keys.read(own, scanner.contentStart, scanner.contentEnd);
        continue;
      case 'list':
      case 'dictionary': {
        if (start === hollow?.start) {
          scanner.leave(hollow.end);
          value = [];
          break;
        }
        stack.push({ container: kind === 'list' ? [] : new BencodeDict(), start, key: '', isCanonical: true });
        continue;
      }
      case 'string':
        value = own.subarray(scanner.contentStart, scanner.contentEnd);
        break;
      case 'integer':
        value = parseInteger(own, scanner.contentStart, scanner.contentEnd);
        break;
      case 'end': {
        const frame = stack.pop() as Frame;
        value = frame.container;
        start = frame.start;
        if (value instanceof BencodeDict) {
          if (!frame.isCanonical) value.markUncanonical();
          frame.isCanonical = value.isCanonical;
        }
        if (!frame.isCanonical && stack.length > 0) stack[stack.length - 1].isCanonical = false;
      }
    }
    if (stack.length === 0) return { value, end: scanner.position };
    place(stack[stack.length - 1], value, start, scanner.position);
  }
}

/** The one value that `bytes` is, as by `decodePrefix`; bytes after it are an error. Throws BencodeError. */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): BencodeValue {
  const { value, end } = decodePrefix(bytes, options);
  if (end !== bytes.length) throw new BencodeError('bytes after the end of the value', end);
  return value;
}
