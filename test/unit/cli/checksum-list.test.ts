import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseChecksum, parseChecksumList } from '../../../src/cli/checksum-list.js';
import { UsageError } from '../../../src/cli/usage-error.js';

const digest = (kind: string): string => createHash(kind).update('abc').digest('hex');
const SHA256 = digest('sha256');
const read = (text: string) => parseChecksumList(new TextEncoder().encode(text), 'SUMS');

describe('--checksum', () => {
  test.each([
    [`sha256:${SHA256}`, { algorithm: 'sha256', expected: SHA256, file: null }],
    [`SHA-256:${SHA256.toUpperCase()}`, { algorithm: 'sha256', expected: SHA256, file: null }],
    [`sha512:${digest('sha512')}:a/b c`, { algorithm: 'sha512', expected: digest('sha512'), file: 'a/b c' }],
    [`md5:${digest('md5')}:a:b`, { algorithm: 'md5', expected: digest('md5'), file: 'a:b' }],
    [`sha1:${digest('sha1')}`, { algorithm: 'sha1', expected: digest('sha1'), file: null }],
  ])('%s', (text, checksum) => expect(parseChecksum(text, '--checksum')).toEqual(checksum));

  test.each([
    ['', /no checksum that is understood/],
    [SHA256, /no checksum that is understood/],
    ['crc32:00000000', /no checksum that is understood/],
    ['constructor:00', /no checksum that is understood/],
    ['sha256:abc', /'abc' is no sha256/],
    [`sha256:${'g'.repeat(64)}`, /is no sha256/],
    [`sha512:${SHA256}`, /is no sha512/],
    [`sha256:${SHA256}:`, /names no file/],
  ])('%j is refused', (text, message) => {
    expect(() => parseChecksum(text, '--checksum')).toThrow(UsageError);
    expect(() => parseChecksum(text, '--checksum')).toThrow(message);
  });
});

describe('a list', () => {
  test('has text, binary, BSD and OpenSSL lines, of every kind, and comments', () => {
    const text = [
      '# made by hand',
      `${SHA256}  text.bin`,
      `${SHA256.toUpperCase()} *binary.bin`,
      `${SHA256} one-space`,
      `SHA256 (bsd (1).bin) = ${SHA256}`,
      `SHA2-512(openssl)= ${digest('sha512')}`,
      '',
      `${digest('md5')}  of md5\r`,
      `${digest('sha1')}  of sha1`,
      `${digest('sha384')}  of sha384`,
    ].join('\n');
    expect(read(text)).toEqual({
      name: 'SUMS',
      strangeLines: 0,
      checksums: [
        { algorithm: 'sha256', expected: SHA256, file: 'text.bin' },
        { algorithm: 'sha256', expected: SHA256, file: 'binary.bin' },
        { algorithm: 'sha256', expected: SHA256, file: 'one-space' },
        { algorithm: 'sha256', expected: SHA256, file: 'bsd (1).bin' },
        { algorithm: 'sha512', expected: digest('sha512'), file: 'openssl' },
        { algorithm: 'md5', expected: digest('md5'), file: 'of md5' },
        { algorithm: 'sha1', expected: digest('sha1'), file: 'of sha1' },
        { algorithm: 'sha384', expected: digest('sha384'), file: 'of sha384' },
      ],
    });
  });

  test('a name in two spaces keeps its own', () => {
    expect(read(`${SHA256}   starts with one`).checksums[0].file).toBe(' starts with one');
  });

  test('an escaped name is what it was; a backslash of an unmarked line is one', () => {
    const text = [`\\${SHA256}  a\\nb\\\\c\\rd`, `${SHA256}  a\\nb`, `\\SHA256 (x\\\\y) = ${SHA256}`, `\\${SHA256}  a\\t`].join(
      '\n',
    );
    expect(read(text).checksums.map(({ file }) => file)).toEqual(['a\nb\\c\rd', 'a\\nb', 'x\\y']);
    expect(read(text).strangeLines).toBe(1);
  });

  test('what is no checksum is counted', () => {
    const text = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${SHA256}  a\nabc  b\nSHA256 (c) = abc\nWHIRLPOOL (d) = ${SHA256}`;
    expect(read(text)).toMatchObject({ strangeLines: 5, checksums: [{ file: 'a' }] });
  });

  test.each(['', '# nothing\n', 'hello\nworld\n'])('%j is none', (text) => {
    expect(() => read(text)).toThrow(/SUMS has no line with a checksum/);
  });
});
