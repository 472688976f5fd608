// The right 20 bytes for each piece.

import { expect, test } from 'vitest';
import { hashOf, matchesPieceHash } from '../../../src/metainfo/piece-hashes.js';
import type { PieceIndex } from '../../../src/model/ids.js';

const hashes = Uint8Array.from({ length: 60 }, (_, index) => index);
const first = 0 as PieceIndex;
const last = 2 as PieceIndex;

test('hashOf', () => {
  expect([...hashOf(hashes, last)]).toEqual(Array.from({ length: 20 }, (_, index) => 40 + index));
});

test('matchesPieceHash looks at all 20 bytes, from the given place', () => {
  expect(matchesPieceHash(hashes, first, hashes.slice(0, 20))).toBe(true);
  expect(matchesPieceHash(hashes, last, hashes, 40)).toBe(true);
  expect(matchesPieceHash(hashes, last, hashes, 39)).toBe(false);
  const wrong = hashes.slice(40);
  wrong[19] ^= 1;
  expect(matchesPieceHash(hashes, last, wrong)).toBe(false);
  expect(matchesPieceHash(hashes, last, hashes.slice(40, 59))).toBe(false);
});
