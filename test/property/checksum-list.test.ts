// Laws of lists of checksums: what sha256sum would write is read back, and garbage gives a list or our error.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseChecksum, parseChecksumList } from '../../src/cli/checksum-list.js';
import { UsageError } from '../../src/cli/usage-error.js';

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: digits, maxLength: digits });
const anyDigest = fc.constantFrom(32, 40, 56, 64, 96, 128).chain(hex);
const name = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('\n', '\r', '\\', ' ', '(', ')', '*', '#', '='),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 20,
  })
  // Half a character is none in UTF-8.
  .filter((text) => Buffer.from(text).toString() === text);

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');

test('every name and every digest comes back, in every form', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, anyDigest, fc.constantFrom('text', 'binary', 'bsd')), { minLength: 1, maxLength: 20 }),
      (entries) => {
        const lines = entries.map(([file, digest, form]) => {
          const mark = /[\n\r\\]/.test(file) ? '\\' : '';
          const written = mark === '' ? file : escaped(file);
          const kind = { 32: 'MD5', 40: 'SHA1', 56: 'SHA224', 64: 'SHA256', 96: 'SHA384', 128: 'SHA512' }[digest.length];
          if (form === 'bsd') return `${mark}${kind} (${written}) = ${digest}`;
          return `${mark}${digest} ${form === 'text' ? ' ' : '*'}${written}`;
        });
        const { checksums, strangeLines } = parseChecksumList(new TextEncoder().encode(`${lines.join('\n')}\n`), 'x');
        expect(strangeLines).toBe(0);
        expect(checksums.map(({ file, expected }) => [file, expected])).toEqual(entries.map(([file, digest]) => [file, digest]));
      },
    ),
  );
});

test('garbage is a list or our error', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    anyDigest.map((digest) => `${digest} `),
    anyDigest.map((digest) => `\\${digest}  \\`),
  );
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(line).map((lines) => new TextEncoder().encode(lines.join('\n'))),
  );
  fc.assert(
    fc.property(garbage, (bytes) => {
      try {
        for (const { algorithm, expected, file } of parseChecksumList(bytes, 'x').checksums) {
          expect(parseChecksum(`${algorithm}:${expected}`, '--checksum')).toEqual({ algorithm, expected, file: null });
          expect(file).not.toBe('');
        }
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseChecksum(text, '--checksum');
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});
