// Ranges against files: borders, empty files, padding, the ends.

import { describe, expect, test } from 'vitest';
import { FileLayout } from '../../../src/metainfo/file-layout.js';
import type { LayoutFile } from '../../../src/metainfo/file-layout.js';
import { Geometry } from '../../../src/model/geometry.js';

function layoutOf(...lengths: number[]): FileLayout {
  let offset = 0;
  const files = lengths.map((length, index): LayoutFile => {
    const file = { length, offset, isPadding: index === 3 };
    offset += length;
    return file;
  });
  return new FileLayout(files);
}

describe('slices', () => {
  // Files: 0 has 0…9, 1 and 2 are empty, 3 is padding with 10…14, 4 has 15, 5 is empty, 6 has 16…35, 7 is empty.
  const layout = layoutOf(10, 0, 0, 5, 1, 0, 20, 0);
  const brief = (offset: number, length: number): number[][] =>
    layout.slices(offset, length).map((slice) => [slice.file, slice.fileOffset, slice.length, slice.offset]);

  test.each([
    [0, 10, [[0, 0, 10, 0]]],
    [3, 4, [[0, 3, 4, 0]]],
    [9, 1, [[0, 9, 1, 0]]],
    [10, 5, [[3, 0, 5, 0]]],
    [9, 8, [[0, 9, 1, 0], [3, 0, 5, 1], [4, 0, 1, 6], [6, 0, 1, 7]]], // prettier-ignore
    [16, 20, [[6, 0, 20, 0]]],
    [35, 1, [[6, 19, 1, 0]]],
    [35, 100, [[6, 19, 1, 0]]],
    [36, 1, []],
    [5, 0, []],
  ])('%i + %i', (offset, length, expected) => {
    expect(brief(offset, length)).toEqual(expected);
  });

  test('padding is marked', () => {
    expect(layout.slices(9, 3).map((slice) => slice.isPadding)).toEqual([false, true]);
  });

  test('nothing but empty files', () => {
    expect(layoutOf(0, 0).slices(0, 10)).toEqual([]);
  });
});

test('the pieces of a file', () => {
  const layout = layoutOf(10, 0, 22, 1);
  const geometry = new Geometry(33, 8);
  expect(layout.piecesOf(0, geometry)).toEqual({ first: 0, last: 1 });
  expect(layout.piecesOf(1, geometry)).toBeNull();
  expect(layout.piecesOf(2, geometry)).toEqual({ first: 1, last: 3 });
  expect(layout.piecesOf(3, geometry)).toEqual({ first: 4, last: 4 });
});
