// The window of pieces ahead of readers: what is in it, in which order, and what a move changes.

import { describe, expect, test } from 'vitest';
import type { PieceIndex } from '../../../src/model/ids.js';
import { createRandom } from '../../../src/model/random.js';
import { PiecePicker } from '../../../src/session/piece-picker.js';
import { PieceWindow, windowAt } from '../../../src/session/piece-window.js';

const range = (first: number, end: number): { first: number; end: number } => ({ first, end });

function pickerOf(count: number, ...pieces: readonly number[]): PiecePicker {
  const picker = new PiecePicker(count, createRandom(1));
  for (const piece of pieces) picker.insert(piece as PieceIndex);
  return picker;
}

describe('the window of one reader', () => {
  test.each([
    ['from its first piece', [range(0, 10)], 0, 4, [range(0, 4)]],
    ['in the middle', [range(0, 10)], 3, 4, [range(3, 7)]],
    ['up to the last piece', [range(0, 10)], 8, 4, [range(8, 10)]],
    ['beyond the last piece', [range(0, 10)], 10, 4, []],
    ['across what it does not read', [range(0, 3), range(7, 9), range(20, 30)], 2, 5, [range(2, 3), range(7, 9), range(20, 22)]],
    ['of nothing', [], 0, 4, []],
  ])('%s', (_, sequence, piece, count, expected) => {
    expect(windowAt(sequence, piece, count)).toEqual(expected);
  });
});

test('a move says what came into it and what left', () => {
  const window = new PieceWindow();
  expect(window.move([[range(0, 3)]])).toEqual({ entered: [0, 1, 2], left: [] });
  expect(window.move([[range(2, 4)]])).toEqual({ entered: [3], left: [0, 1] });
  expect(window.move([[range(8, 9)], [range(2, 3)]])).toEqual({ entered: [8], left: [3] });
  expect([0, 1, 2, 3, 8].filter((piece) => window.has(piece as PieceIndex))).toEqual([2, 8]);
  expect(window.move([])).toEqual({ entered: [], left: [8, 2] });
});

test('what is kept stays in the window, behind the readers', () => {
  const window = new PieceWindow();
  window.move([[range(0, 4)]]);
  const isKept = (piece: PieceIndex): boolean => piece < 2;
  expect(window.move([[range(3, 5)]], isKept)).toEqual({ entered: [4], left: [2] });
  expect([0, 1, 2, 3, 4].map((piece) => window.has(piece as PieceIndex))).toEqual([true, true, false, true, true]);
  expect(window.pieces()).toEqual([3, 4]);
  expect([...window.heads(() => false)]).toEqual([3]);
  // It comes back without having left.
  expect(window.move([[range(1, 3)]], isKept)).toEqual({ entered: [2], left: [3, 4] });
});

test('the nearest piece of each reader comes first, by turns, each piece once', () => {
  const window = new PieceWindow();
  window.move([[range(10, 14)], [range(0, 2), range(12, 15)]]);
  expect(window.pieces()).toEqual([10, 0, 11, 1, 12, 13, 14]);
});

test('the nearest pickable piece that is accepted is picked, also one that came back', () => {
  const window = new PieceWindow();
  window.move([[range(2, 7)]]);
  const picker = pickerOf(10, 0, 3, 4, 6, 9);
  expect(window.pick(picker, () => true)).toBe(3);
  expect(window.pick(picker, (piece) => piece > 3)).toBe(4);
  expect(window.pick(picker, (_, distance) => distance >= 0.5)).toBe(6);
  picker.remove(3 as PieceIndex);
  picker.remove(4 as PieceIndex);
  expect(window.pick(picker, () => true)).toBe(6);
  picker.insert(2 as PieceIndex);
  expect(window.pick(picker, () => true)).toBe(2);
  expect(window.pick(picker, () => false)).toBeNull();
  expect(new PieceWindow().pick(picker, () => true)).toBeNull();
});

test('heads are what readers wait for', () => {
  const window = new PieceWindow();
  window.move([[range(0, 4)], [range(6, 8)], [range(9, 10)]]);
  const there = new Set([0, 1, 9]);
  expect([...window.heads((piece) => there.has(piece))]).toEqual([2, 6]);
});

test('the first gap is the nearest run of free pieces, no longer than asked for and never beyond the window', () => {
  const window = new PieceWindow();
  window.move([[range(4, 12)]]);
  const free = new Set([0, 1, 6, 7, 8, 10, 11, 12, 13]);
  const isFree = (piece: PieceIndex): boolean => free.has(piece);
  expect(window.firstGap(isFree, 100)).toEqual(range(6, 9));
  expect(window.firstGap(isFree, 2)).toEqual(range(6, 8));
  for (const piece of [6, 7, 8]) free.delete(piece);
  expect(window.firstGap(isFree, 100)).toEqual(range(10, 12));
  expect(window.firstGap(() => false, 100)).toBeNull();
});
