import { describe, expect, test } from 'vitest';
import { createAddress } from '../../../src/model/address.js';
import type { AddressFilter } from '../../../src/model/address-filter.js';
import { BlocklistParser } from '../../../src/model/blocklist-parser.js';
import { RangeBuilder } from '../../../src/model/range-builder.js';

interface Parsed {
  readonly filter: AddressFilter & { readonly size: number };
  readonly parser: BlocklistParser;
}

function parse(text: string | Uint8Array, maxLineBytes = 200): Parsed {
  const ranges = new RangeBuilder();
  const parser = new BlocklistParser(ranges, { maxLineBytes });
  parser.push(typeof text === 'string' ? new TextEncoder().encode(text) : text);
  parser.end();
  return { filter: ranges.build(), parser };
}

function isBlocked({ filter }: Parsed, host: string): boolean {
  const address = createAddress(host, 6881);
  if (address === null) throw new Error(`${host} is no address`);
  return filter.blocks(address);
}

/** What is in the range that one line makes, and what is beside it. */
test.each([
  ['name:1.2.3.4-1.2.3.9', ['1.2.3.4', '1.2.3.9'], ['1.2.3.3', '1.2.3.10']],
  ['A name: with colons, and 9.9.9.9-9.9.9.9:1.2.3.4 - 1.2.3.9', ['1.2.3.5'], ['9.9.9.9']],
  ['1.1.1.1 and Co:1.2.3.4-1.2.3.9', ['1.2.3.4'], ['1.1.1.1']],
  ['dead::1.2.3.4-1.2.3.9', ['1.2.3.4'], ['dead::102:304']],
  [':1.2.3.4-1.2.3.9', ['1.2.3.4'], []],
  ['001.002.003.004 - 001.002.003.009 , 000 , name', ['1.2.3.4', '1.2.3.9'], ['1.2.3.10']],
  ['001.002.003.004-001.002.003.009,126', ['1.2.3.4'], []],
  ['001.002.003.004 - 001.002.003.009 , 127 , may come', [], ['1.2.3.4']],
  ['001.002.003.004 - 001.002.003.009 , 255 , may come', [], ['1.2.3.4']],
  ['192.0.2.77', ['192.0.2.77'], ['192.0.2.76', '192.0.2.78']],
  ['  192.0.2.77\t# one host\r', ['192.0.2.77'], []],
  ['192.0.2.0/24 ; as some lists say', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
  ['192.0.2.77/24', ['192.0.2.0'], ['192.0.3.0']],
  ['255.255.255.255/32', ['255.255.255.255'], ['255.255.255.254']],
  ['0.0.0.0/0', ['0.0.0.1', '255.255.255.255'], ['2001:db8::']],
  ['192.0.2.1-192.0.2.2', ['192.0.2.1', '192.0.2.2'], ['192.0.2.3']],
  ['2001:db8::/32', ['2001:db8::', '2001:db8:ffff::1'], ['2001:db7:ffff::', '2001:db9::']],
  ['2001:db8:8000::/33', ['2001:db8:8000::', '2001:db8:ffff::'], ['2001:db8:7fff::']],
  ['2001:DB8::1', ['2001:db8::1'], ['2001:db8::2', '2001:db8::']],
  ['2001:db8::1 - 2001:db8::9', ['2001:db8::1', '2001:db8::9'], ['2001:db8::a']],
  ['::/0', ['::1', 'ffff::'], ['1.2.3.4']],
  ['::ffff:192.0.2.0/120', ['192.0.2.255'], ['192.0.3.0']],
  ['::ffff:192.0.2.1', ['192.0.2.1'], []],
  ['\u{FEFF}192.0.2.77', ['192.0.2.77'], []],
])('%s', (line, inside, outside) => {
  const parsed = parse(line);
  expect(parsed.parser).toMatchObject({ goodCount: 1, badCount: 0, firstBad: null });
  for (const host of inside) expect(isBlocked(parsed, host), host).toBe(true);
  for (const host of outside) expect(isBlocked(parsed, host), host).toBe(false);
});

describe('a line that is not understood', () => {
  test.each([
    'hello',
    'name:1.2.3.9-1.2.3.4',
    'name:1.2.3.4-1.2.3.9 more',
    'name:1.2.3.4-1.2.3.256',
    '1.2.3.4-1.2.3',
    '1.2.3.4.5',
    '1.2.3',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/0x8',
    '1.2.3.4 5.6.7.8',
    '1.2.3.4 - 2001:db8::1',
    '1.2.3.4 - 1.2.3.9 , no level',
    '1.2.3.4 - 1.2.3.9 , 00000',
    '0001.2.3.4',
    '2001:db8::/129',
    '2001:db8::9 - 2001:db8::1',
    '2001:db8::1::2',
    '2001:db8:1:2:3:4:5',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '1:2:3:4:5:6:7:1.2.3.4',
    '12345::',
    ':1',
    '1:',
    '::ffff:1.2.3.4/95',
  ])('%s', (line) => {
    const { filter, parser } = parse(`# a comment\n\n${line}\n`);
    expect(filter.size).toBe(0);
    expect(parser).toMatchObject({ goodCount: 0, badCount: 1, firstBad: { number: 3, text: line } });
  });

  test('is counted, and only the first one is kept, cut', () => {
    const { parser, filter } = parse(`1.2.3.4\n${'x'.repeat(150)}\n5.6.7.8\nbad`);
    expect(parser).toMatchObject({ goodCount: 2, badCount: 2, firstBad: { number: 2, text: 'x'.repeat(80) } });
    expect(filter.size).toBe(2);
  });

  test('may be too long, wherever the chunks are cut; what follows counts again', () => {
    const text = `${'1'.repeat(500)}\n1.2.3.4\n${'y'.repeat(201)}`;
    for (const size of [1, 7, 199, 200, 201, 1000]) {
      const ranges = new RangeBuilder();
      const parser = new BlocklistParser(ranges, { maxLineBytes: 200 });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at += size) parser.push(bytes.slice(at, at + size));
      parser.end();
      expect(parser).toMatchObject({ goodCount: 1, badCount: 2, firstBad: { number: 1, text: '1'.repeat(80) } });
    }
  });
});

test('names in any encoding are names', () => {
  const line = [...new TextEncoder().encode('n'), 0xff, 0xe4, 0x00, ...new TextEncoder().encode(':1.2.3.4-1.2.3.9\n')];
  expect(isBlocked(parse(Uint8Array.from(line)), '1.2.3.4')).toBe(true);
});

test('ranges that overlap or touch are one, in whatever order they come', () => {
  const { filter } = parse(
    '1.0.0.10-1.0.0.20\n1.0.0.0-1.0.0.9\n1.0.0.15-1.0.0.16\n1.0.0.21/32\n1.0.0.23\n255.255.255.255\n255.255.255.0/24',
  );
  expect(filter.size).toBe(3);
  expect(parse('2001:db8::/48\n2001:db8::5\n2001:db8:1::/48\n2001:db8::/40').filter.size).toBe(1);
});
