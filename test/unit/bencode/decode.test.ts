// Every rule of the grammar with an input that breaks it, and what good input becomes.

import { describe, expect, test } from 'vitest';
import { BencodeDict } from '../../../src/bencode/bencode-dict.js';
import { BencodeError } from '../../../src/bencode/bencode-error.js';
import { decode, decodePrefix } from '../../../src/bencode/decode.js';
import type { BencodeScanner } from '../../../src/bencode/scan.js';

const latin1 = (content: string): Uint8Array => Uint8Array.from(content, (character) => character.charCodeAt(0));

function dict(content: string): BencodeDict {
  const value = decode(latin1(content));
  if (!(value instanceof BencodeDict)) throw new Error('no dictionary');
  return value;
}

function errorOf(content: string | Uint8Array, options = {}): BencodeError {
  try {
    decode(typeof content === 'string' ? latin1(content) : content, options);
  } catch (error) {
    if (error instanceof BencodeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('good input', () => {
  test.each([
    ['i0e', 0],
    ['i-1e', -1],
    ['i42e', 42],
    ['i9007199254740991e', Number.MAX_SAFE_INTEGER],
    ['i-9007199254740991e', Number.MIN_SAFE_INTEGER],
    ['i9007199254740993e', 9_007_199_254_740_993n],
    ['i18446744073709551615e', 18_446_744_073_709_551_615n],
    ['0:', new Uint8Array(0)],
    ['3:a\0\xff', Uint8Array.of(97, 0, 255)],
    ['le', []],
    ['li1e2:abli2eee', [1, latin1('ab'), [2]]],
  ])('%j', (content, value) => {
    expect(decode(latin1(content))).toEqual(value);
  });

  test('a dictionary gives values, order and spans', () => {
    const value = dict('d1:ai1e1:b3:xyz1:cle4:dictd1:xi2eee');
    expect([...value.keys()]).toEqual(['a', 'b', 'c', 'dict']);
    expect(value.size).toBe(4);
    expect(value.get('a')).toBe(1);
    expect(value.get('b')).toEqual(latin1('xyz'));
    expect(value.get('nothing')).toBeUndefined();
    expect(value.span('a')).toEqual({ start: 4, end: 7 });
    expect(value.span('b')).toEqual({ start: 10, end: 15 });
    expect(value.span('dict')).toEqual({ start: 26, end: 34 });
    expect(value.span('nothing')).toBeNull();
    expect(value.isCanonical).toBe(true);
  });

  test('binary and awkward keys are keys', () => {
    const value = dict('d9:__proto__i1e11:constructori2e2:\x80\xffi3e0:i4ee');
    expect(value.get('__proto__')).toBe(1);
    expect(value.get('constructor')).toBe(2);
    expect(value.get('\x80\xff')).toBe(3);
    expect(value.get('')).toBe(4);
    expect(value.has('toString')).toBe(false);
  });

  test('long keys keep every byte', () => {
    const key = String.fromCharCode(...Array.from({ length: 256 }, (_, index) => index));
    expect(dict(`d256:${key}i7ee`).get(key)).toBe(7);
  });

  test('many entries are found as few are', () => {
    const keys = Array.from({ length: 50 }, (_, index) => `k${String((index * 37) % 50).padStart(2, '0')}`);
    const value = dict(`d${keys.map((key, index) => `3:${key}i${index}e`).join('')}e`);
    for (const [index, key] of keys.entries()) expect(value.get(key)).toBe(index);
    expect(value.isCanonical).toBe(false);
    expect([...value.entries()]).toEqual(keys.map((key, index) => [key, index]));
  });

  test('keys out of order are marked, up to the outermost dictionary', () => {
    expect(dict('d1:bi1e1:ai2ee').isCanonical).toBe(false);
    expect(dict('d1:ald1:bi1e1:ai2eeee').isCanonical).toBe(false);
    const outer = dict('d1:ad1:bi1e1:ai2ee1:bd1:ai1e1:bi2eee');
    expect((outer.get('a') as BencodeDict).isCanonical).toBe(false);
    expect((outer.get('b') as BencodeDict).isCanonical).toBe(true);
    expect(outer.isCanonical).toBe(false);
  });

  test('strings outlive the bytes they came from, and are plain', () => {
    const input = Buffer.from('d1:a3:xyze');
    const value = decode(input) as BencodeDict;
    input.fill(0);
    expect(value.get('a')).toEqual(latin1('xyz'));
    expect(Object.getPrototypeOf(value.get('a'))).toBe(Uint8Array.prototype);
  });

  test('a prefix ends where the value does', () => {
    expect(decodePrefix(latin1('d1:ai1eeREST'))).toMatchObject({ end: 8 });
    expect(decodePrefix(latin1('i5e'))).toEqual({ value: 5, end: 3 });
  });
});

/** Reads it as one that only passes over it, and counts. */
function hollowAt(...path: string[]): { path: string[]; reads: number; read: (scanner: BencodeScanner) => void } {
  return {
    path,
    reads: 0,
    read(scanner: BencodeScanner) {
      this.reads++;
      scanner.skip();
    },
  };
}
const HOLLOW = hollowAt('files');

describe('a hollow list', () => {
  test('is empty and has its span; lists under that key elsewhere are as ever', () => {
    const input = 'd5:filesli8ee4:infod1:xd5:filesli9eee5:filesld5:filesli1eeeee4:listd4:infod5:filesli2eeeee';
    const hollow = hollowAt('info', 'files');
    const value = decode(latin1(input), { hollow }) as BencodeDict;
    const info = value.get('info') as BencodeDict;
    expect(info.get('files')).toEqual([]);
    const span = info.span('files');
    expect(input.slice(span?.start, span?.end)).toBe('ld5:filesli1eeee');
    expect((info.get('x') as BencodeDict).get('files')).toEqual([9]);
    expect(value.get('files')).toEqual([8]);
    expect(((value.get('list') as BencodeDict).get('info') as BencodeDict).get('files')).toEqual([2]);
    expect(hollow.reads).toBe(1);
  });

  test.each(['d5:files3:abce', 'd5:filesd5:filesli1eeee', 'ld5:filesli1eeee', 'd1:ad5:filesli1eeee', 'l5:filesli1eee'])(
    'is not what %s has',
    (input) => {
      const hollow = hollowAt('files');
      expect(decode(latin1(input), { hollow })).toEqual(decode(latin1(input)));
      expect(hollow.reads).toBe(0);
    },
  );

  test.each([
    ['the list', ['info', 'files'], 'd4:infod5:filesle5:filesleee'],
    ['what it is in', ['info', 'files'], 'd4:infod5:fileslee4:infod5:filesleee'],
  ])('is read once: %s comes twice', (_what, path, input) => {
    const hollow = hollowAt(...path);
    expect(errorOf(input, { hollow }).detail.reason).toMatch(/twice/);
    expect(hollow.reads).toBe(1);
  });

  test('the order of keys within it is not told', () => {
    expect((decode(latin1('d5:filesld1:bi1e1:ai2eeee'), { hollow: HOLLOW }) as BencodeDict).isCanonical).toBe(true);
    expect((decode(latin1('d5:filesld1:bi1e1:ai2eeee')) as BencodeDict).isCanonical).toBe(false);
  });
});

describe('bad input', () => {
  test.each([
    ['', 0, /ends too early/],
    ['x', 0, /no value begins/],
    ['e', 0, /no value begins/],
    ['i5', 0, /ends within an integer/],
    ['ie', 0, /without digits/],
    ['i-e', 0, /without digits/],
    ['i-0e', 0, /minus zero/],
    ['i03e', 0, /leading zero/],
    ['i-03e', 0, /leading zero/],
    ['i00e', 0, /leading zero/],
    ['i1.5e', 2, /must be digits/],
    ['i 1e', 1, /must be digits/],
    ['i+1e', 1, /must be digits/],
    ['i1e5e', 3, /after the end/],
    ['i123456789012345678901e', 0, /64 bits/],
    ['5:abc', 0, /longer than the input/],
    ['3abc', 1, /colon/],
    ['3', 0, /within a string length/],
    ['03:abc', 0, /leading zero/],
    ['00:', 0, /leading zero/],
    ['-1:a', 0, /no value begins/],
    ['l-3:e', 1, /no value begins/],
    ['99999999999999999999:a', 0, /longer than the input/],
    ['4294967297:a', 0, /longer than the input/],
    ['l', 1, /ends too early/],
    ['li1e', 4, /ends too early/],
    ['d', 1, /ends too early/],
    ['d1:a', 4, /ends too early/],
    ['d1:ae', 4, /without a value/],
    ['di1ei2ee', 1, /must be a string/],
    ['dlei1ee', 1, /must be a string/],
    ['d-3:i1ee', 1, /must be a string/],
    ['d1:ai1e1:ai2ee', 10, /twice/],
    ['d1:bi1e1:ai2e1:bi3ee', 16, /twice/],
    ['i1ei2e', 3, /after the end/],
    ['le\n', 2, /after the end/],
  ])('%j', (content, offset, reason) => {
    const error = errorOf(content);
    expect(error.code).toBe('invalid_bencode');
    expect(error.detail).toEqual({ offset, reason: expect.stringMatching(reason) });
  });

  test('what a list that stays hollow holds is checked as well', () => {
    expect(errorOf('d5:filesli1xee', { hollow: HOLLOW }).detail).toEqual({
      offset: 11,
      reason: expect.stringMatching(/letter e/),
    });
    expect(errorOf('d5:filesl', { hollow: HOLLOW }).detail.reason).toMatch(/ends too early/);
    expect(errorOf('d5:filesli1ei2ei3eee', { hollow: HOLLOW, maxNodes: 4 }).detail.reason).toMatch(/more than 4/);
  });

  test('a key that comes twice among many is found', () => {
    const keys = Array.from({ length: 30 }, (_, index) => `2:${String(index).padStart(2, '0')}i0e`);
    expect(errorOf(`d${keys.join('')}2:07i1ee`).detail.reason).toMatch(/twice/);
  });

  test('depth is bounded, exactly', () => {
    expect(() => decode(latin1(`${'l'.repeat(64)}${'e'.repeat(64)}`))).not.toThrow();
    expect(errorOf(`${'l'.repeat(65)}${'e'.repeat(65)}`).detail).toMatchObject({ offset: 64 });
    expect(errorOf('lleedddd', { maxDepth: 1 }).detail).toMatchObject({ offset: 1 });
  });

  test('the number of values is bounded, exactly', () => {
    expect(decode(latin1('li1ei2ee'), { maxNodes: 3 })).toEqual([1, 2]);
    expect(errorOf('li1ei2ei3ee', { maxNodes: 3 }).detail).toMatchObject({ offset: 7 });
    expect(errorOf('d1:ai1ee', { maxNodes: 2 }).detail.reason).toMatch(/more than 2/);
  });

  test.each(['l', 'd', 'i', '9', 'le', 'de', '0:', 'd1:a', 'l1:a'])('ten megabytes of %j end in an error', (unit) => {
    expect(errorOf(Buffer.alloc(10_000_000, unit))).toBeInstanceOf(BencodeError);
  });
});
