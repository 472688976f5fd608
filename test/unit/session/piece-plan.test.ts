import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { Geometry } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { planHeld, planPieces } from '../../../src/session/piece-plan.js';

// Pieces of 100 bytes: a 0-250, b 250-260, padding 260-300, c 300-700, d 700-720, an empty one.
const geometry = new Geometry(720, 100);
const lengths: readonly (readonly [number, boolean])[] = [
  [250, false],
  [10, false],
  [40, true],
  [400, false],
  [20, false],
  [0, false],
];
let at = 0;
const files = lengths.map(([length, isPadding]) => {
  const file = { offset: at, length, isPadding };
  at += length;
  return file;
});

describe('planPieces', () => {
  test('of everything in the usual order there is nothing to plan', () => {
    expect(planPieces({ files, geometry, chosen: null })).toBeNull();
    expect(planPieces({ files, geometry, chosen: null, priorities: new Map() })).toBeNull();
  });

  test('a file needs the pieces it touches, and counts with its own bytes', () => {
    const plan = planPieces({ files, geometry, chosen: new Set([1]) });
    expect([...(plan?.wanted ?? [])]).toEqual([2]);
    expect(plan).toMatchObject({ totalBytes: 10, givenBytes: 0, partialBytes: new Map([[2, 10]]) });
    expect([...(plan?.levels ?? [])]).toEqual([0, 0, 2, 0, 0, 0, 0, 0]);
  });

  test('a file that is taken as it is needs none, and an empty one neither', () => {
    const plan = planPieces({ files, geometry, chosen: new Set([0, 4, 5]), given: new Set([0]) });
    expect([...(plan?.wanted ?? [])]).toEqual([7]);
    expect(plan).toMatchObject({ totalBytes: 270, givenBytes: 250, partialBytes: new Map() });
  });

  test('a shared piece has the level of the most urgent of its files', () => {
    const priorities = new Map([
      [0, 'low'],
      [1, 'high'],
    ] as const);
    const plan = planPieces({ files, geometry, chosen: null, priorities });
    expect([...(plan?.levels ?? [])]).toEqual([1, 1, 3, 2, 2, 2, 2, 2]);
    expect(plan).toMatchObject({ totalBytes: 720, partialBytes: new Map() });
  });

  test('first and last pieces of each file come before all others', () => {
    const plan = planPieces({ files, geometry, chosen: new Set([0, 3]), isEdgesFirst: true, isSequential: true });
    expect([...(plan?.levels ?? [])]).toEqual([4, 2, 4, 4, 2, 2, 4, 0]);
    expect(plan?.isSequential).toBe(true);
  });

  test('what is wanted of everything is also what holds nothing but padding', () => {
    const padded = [
      { offset: 0, length: 50, isPadding: false },
      { offset: 50, length: 250, isPadding: true },
    ];
    const plan = planPieces({ files: padded, geometry: new Geometry(300, 100), chosen: null, isSequential: true });
    expect(plan?.wanted.isFull).toBe(true);
    expect([...(plan?.levels ?? [])]).toEqual([2, 2, 2]);
  });
});

test('who serves a part wants what is there and nothing else, and counts its bytes', () => {
  const have = new Bitfield(geometry.pieceCount);
  for (const piece of [1, 7]) have.set(piece as PieceIndex);
  const plan = planHeld(geometry, have);
  expect([...plan.levels].map((level) => level > 0)).toEqual([...geometry.pieces()].map((piece) => piece === 1 || piece === 7));
  expect(plan).toMatchObject({ totalBytes: 120, givenBytes: 0 });
  have.set(2 as PieceIndex);
  expect([...plan.wanted]).toEqual([1, 7]);
});
