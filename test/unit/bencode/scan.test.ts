// The tokens of one value, with their places.

import { expect, test } from 'vitest';
import { BencodeError } from '../../../src/bencode/bencode-error.js';
import { BencodeScanner } from '../../../src/bencode/scan.js';

const LIMITS = { maxDepth: 4, maxNodes: 20 };

test('tokens come in order, with offsets and depth', () => {
  const input = 'd1:ai-5e2:bblle3:xyzeeREST';
  const scanner = new BencodeScanner(new TextEncoder().encode(input), LIMITS);
  const tokens: unknown[] = [];
  do {
    const kind = scanner.next();
    const hasContent = kind === 'key' || kind === 'string' || kind === 'integer';
    const content = hasContent ? input.slice(scanner.contentStart, scanner.contentEnd) : '';
    tokens.push([kind, scanner.start, scanner.position, scanner.depth, content]);
  } while (scanner.depth > 0);
  expect(tokens).toEqual([
    ['dictionary', 0, 1, 1, ''],
    ['key', 1, 4, 1, 'a'],
    ['integer', 4, 8, 1, '-5'],
    ['key', 8, 12, 1, 'bb'],
    ['list', 12, 13, 2, ''],
    ['list', 13, 14, 3, ''],
    ['end', 14, 15, 2, ''],
    ['string', 15, 20, 2, 'xyz'],
    ['end', 20, 21, 1, ''],
    ['end', 21, 22, 0, ''],
  ]);
});

test('what was just opened can be checked and passed over at once', () => {
  const scanner = new BencodeScanner(new TextEncoder().encode('ld1:ali1eeei2ee'), LIMITS);
  expect([scanner.next(), scanner.next()]).toEqual(['list', 'dictionary']);
  scanner.skip();
  expect([scanner.position, scanner.depth, scanner.next()]).toEqual([11, 1, 'integer']);
  const broken = new BencodeScanner(new TextEncoder().encode('lli1xee'), LIMITS);
  broken.next();
  expect(() => broken.skip()).toThrow(BencodeError);
});

test('what somebody else has walked over counts towards the limits', () => {
  const input = new TextEncoder().encode('lli1eeli2eee');
  const scanner = new BencodeScanner(input, { maxDepth: 2, maxNodes: 4 });
  scanner.next();
  expect(() => scanner.jump(6, 2, 2)).toThrow(/deeper than 2/);
  const other = new BencodeScanner(input, { maxDepth: 2, maxNodes: 4 });
  other.next();
  other.jump(6, 2, 1);
  expect([other.position, other.depth]).toEqual([6, 1]);
  expect(() => other.jump(11, 2, 1)).toThrow(/more than 4 values/);
});

test('limits are exact', () => {
  const run = (input: string, limits: typeof LIMITS): void => {
    const scanner = new BencodeScanner(new TextEncoder().encode(input), limits);
    do scanner.next();
    while (scanner.depth > 0);
  };
  expect(() => run('llee', { maxDepth: 2, maxNodes: 2 })).not.toThrow();
  expect(() => run('llee', { maxDepth: 1, maxNodes: 2 })).toThrow(BencodeError);
  expect(() => run('llee', { maxDepth: 2, maxNodes: 1 })).toThrow(BencodeError);
});
