// A filter of ranges says what a look at each range in turn says, and no file is too odd for the parser, however it is cut.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAddress, encodeCompactAddress, formatAddress, type Address } from '../../src/model/address.js';
import { AddressScanner } from '../../src/model/address-scanner.js';
import { BlocklistParser } from '../../src/model/blocklist-parser.js';
import { RangeBuilder } from '../../src/model/range-builder.js';

function addressOf(host: string): Address {
  const address = createAddress(host, 1);
  if (address === null) throw new Error(`${host} is no address`);
  return address;
}

const ipv4Text = (value: number): string => `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
/** Few, and some at the ends, so that ranges meet. */
const ipv4 = fc.oneof(
  fc.nat(60),
  fc.nat(60).map((below) => 2 ** 32 - 1 - below),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);
const range = fc.tuple(ipv4, ipv4).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

/** As a number that can be compared: the host, of either family. */
const numberOf = (address: Address): bigint =>
  encodeCompactAddress(address)
    .slice(0, -2)
    .reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

test('an IPv4 address is blocked where one of the ranges has it', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), fc.array(ipv4, { maxLength: 30 }), (ranges, asked) => {
      const builder = new RangeBuilder();
      for (const [first, last] of ranges) builder.addIpv4(first, last);
      const filter = builder.build();
      expect(filter.size).toBeLessThanOrEqual(ranges.length);
      for (const value of [...asked, ...ranges.flat()]) {
        const expected = ranges.some(([first, last]) => first <= value && value <= last);
        expect(filter.blocks(addressOf(ipv4Text(value))), ipv4Text(value)).toBe(expected);
      }
    }),
    { numRuns: 500 },
  );
});

test('an IPv6 address is blocked where one of the lines has it', () => {
  const group = fc.constantFrom('0', '1', '8000', 'ffff', 'abcd');
  const host = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));
  fc.assert(
    fc.property(fc.array(fc.tuple(host, host), { maxLength: 20 }), fc.array(host, { maxLength: 30 }), (pairs, asked) => {
      const builder = new RangeBuilder();
      const parser = new BlocklistParser(builder, { maxLineBytes: 200 });
      const sorted = pairs.map((pair) => pair.map(addressOf).toSorted((a, b) => (numberOf(a) < numberOf(b) ? -1 : 1)));
      const usable = sorted.filter(([first, last]) => first.family === last.family);
      parser.push(new TextEncoder().encode(usable.map(([first, last]) => `${first.host} - ${last.host}`).join('\n')));
      parser.end();
      expect(parser.badCount).toBe(0);
      const filter = builder.build();
      for (const address of [...asked.map(addressOf), ...usable.flat()]) {
        const value = numberOf(address);
        const expected = usable.some(
          ([first, last]) => first.family === address.family && numberOf(first) <= value && value <= numberOf(last),
        );
        expect(filter.blocks(address), formatAddress(address)).toBe(expected);
      }
    }),
    { numRuns: 500 },
  );
});

const words = fc.constantFrom(
  '1.2.3.4',
  '::',
  ':',
  '.',
  '-',
  '/',
  ',',
  '#',
  '\n',
  '\r',
  ' ',
  '24',
  '255',
  '256',
  'ffff',
  'x',
  '\u{FEFF}',
  'ä',
);
const oddText = fc.array(words, { maxLength: 40 }).map((parts) => new TextEncoder().encode(parts.join('')));
const oddBytes = fc.oneof(oddText, fc.uint8Array({ maxLength: 300, size: 'max' }));

test('the scanner reads the addresses that createAddress reads, to their end', () => {
  const host = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4().map((ip) => `::ffff:${ip}`),
    fc.stringMatching(/^[0-9a-f:.]{1,24}$/),
  );
  let readable = 0;
  fc.assert(
    fc.property(host, (text) => {
      const scanner = new AddressScanner();
      const bytes = new TextEncoder().encode(text);
      const isRead = scanner.read(bytes, 0, bytes.length) === bytes.length;
      const address = createAddress(text, 1);
      // Padded numbers are for lists alone.
      if (!/(?:^|[.:])0[0-9]+\./.test(text) && !/\.0[0-9]/.test(text)) expect(isRead, text).toBe(address !== null);
      if (!isRead || address === null) return;
      readable++;
      const number =
        scanner.family === 4 ? BigInt(scanner.value) : scanner.words.reduce((sum, word) => sum * 2n ** 32n + BigInt(word), 0n);
      expect([scanner.family, number], text).toEqual([address.family, numberOf(address)]);
    }),
    { numRuns: 3000 },
  );
  expect(readable).toBeGreaterThan(500);
});

test('any bytes are lines that are understood or not, the same ones however they are cut', () => {
  const read = (parts: readonly Uint8Array[]): unknown => {
    const builder = new RangeBuilder();
    const parser = new BlocklistParser(builder, { maxLineBytes: 40 });
    for (const part of parts) {
      const lent = part.slice();
      parser.push(lent);
      lent.fill(0x31);
    }
    parser.end();
    expect(builder.count).toBeLessThanOrEqual(parser.goodCount);
    const { goodCount, badCount, firstBad } = parser;
    return { goodCount, badCount, firstBad, ranges: builder.count, size: builder.build().size };
  };
  fc.assert(
    fc.property(oddBytes, fc.array(fc.nat(300), { maxLength: 6 }), (bytes, cuts) => {
      const ends = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
      const parts = ends.slice(1).map((end, index) => bytes.slice(ends[index], end));
      expect(read(parts)).toEqual(read([bytes]));
    }),
    { numRuns: 3000 },
  );
});
