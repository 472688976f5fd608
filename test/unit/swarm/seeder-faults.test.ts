import { expect, test } from 'vitest';
import { isInShare } from '../../../src/swarm/seeder-faults.js';

const pieces = Array.from({ length: 1000 }, (_, piece) => piece);

test('a share of 0 is no piece and a share of 1 is every piece', () => {
  expect(pieces.filter((piece) => isInShare(piece, 0))).toEqual([]);
  expect(pieces.filter((piece) => isInShare(piece, 1))).toEqual(pieces);
});

test.each([0.05, 0.25, 0.5, 0.9])('a share of %d is that many, spread evenly', (share) => {
  const chosen = pieces.filter((piece) => isInShare(piece, share));
  expect(Math.abs(chosen.length / pieces.length - share)).toBeLessThan(0.01);
  const firstHundred = chosen.filter((piece) => piece < 100);
  expect(Math.abs(firstHundred.length / 100 - share)).toBeLessThan(0.05);
});
