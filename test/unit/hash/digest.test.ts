// Known answers, and that digests are plain bytes of their own.

import { describe, expect, test } from 'vitest';
import { createSha1, sha1, sha256 } from '../../../src/hash/digest.js';
import { toHex } from '../../../src/model/ids.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

describe('digests', () => {
  test('SHA-1 and SHA-256 of known input', () => {
    expect(toHex(sha1(text('Hello!')))).toBe('69342c5c39e5ae5f0077aecc32c0f81811fb8193');
    expect(toHex(sha1(text('tin')))).toBe('f269197686c56c43a35254d877a71994c0b57030');
    expect(toHex(sha1(text('y\n')))).toBe('9063a9f0e032b6239403b719cbbba56ac4e4e45f');
    expect(toHex(sha256(text('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  test('in parts it is the same, and a part may be overwritten after it was given', () => {
    const digest = createSha1();
    const part = text('Hel');
    digest.update(part);
    part.set(text('lo!'));
    digest.update(part);
    expect(digest.digest()).toEqual(sha1(text('Hello!')));
  });

  test('results are plain and share no memory', () => {
    const digest = createSha1();
    digest.update(text('x'));
    for (const result of [sha1(text('x')), sha256(text('x')), digest.digest()]) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
      expect(result.buffer.byteLength).toBe(result.length);
    }
  });
});
