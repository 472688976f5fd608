import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { completeFiles, FileProgress } from '../../../src/storage/file-progress.js';
import { storedTorrent } from '../../support/stored-torrent.js';

const { metainfo } = storedTorrent({
  pieceLength: 10,
  files: [
    ['a', 15],
    ['empty', 0],
    ['b', 3],
    ['padding', 2],
    ['c', 25],
  ],
});
const { files, geometry } = metainfo;

function bitfield(...pieces: number[]): Bitfield {
  const field = new Bitfield(geometry.pieceCount);
  for (const piece of pieces) field.set(piece as PieceIndex);
  return field;
}

describe('FileProgress', () => {
  test('names each file with the last of its pieces, whatever the order', () => {
    const progress = new FileProgress(files, geometry, bitfield());
    const add = (piece: number): number[] => progress.addPiece(piece as PieceIndex);
    expect(add(1)).toEqual([2]);
    expect(add(4)).toEqual([]);
    expect(add(0)).toEqual([0]);
    expect(add(2)).toEqual([]);
    expect(add(3)).toEqual([4]);
  });

  test('counts on while `have` grows, whether a piece is in it before it is told of or not', () => {
    const have = bitfield();
    const progress = new FileProgress(files, geometry, have);
    const named = [3, 1, 0, 4, 2].map((piece, at) => {
      if (at % 2 === 0) have.set(piece as PieceIndex);
      return progress.addPiece(piece as PieceIndex);
    });
    expect(named).toEqual([[], [2], [0], [], [4]]);
    expect(progress.missingOf(4)).toBe(0);
  });

  test('names a file once, however often it is told of its pieces', () => {
    const have = bitfield();
    const progress = new FileProgress(files, geometry, have);
    expect([0, 1, 0, 1, 0].map((piece) => progress.addPiece(piece as PieceIndex))).toEqual([[], [0, 2], [], [], []]);
  });

  test('does not name files that were whole at the start', () => {
    const progress = new FileProgress(files, geometry, bitfield(0, 1));
    expect(progress.missingOf(0)).toBe(0);
    expect(progress.missingOf(4)).toBe(3);
    expect([2, 3, 4].map((piece) => progress.addPiece(piece as PieceIndex))).toEqual([[], [], [4]]);
  });

  test('knows the empty files', () => {
    expect(new FileProgress(files, geometry, bitfield()).emptyFiles()).toEqual([1]);
  });
});

test('completeFiles leaves out padding, and empty files until everything is there', () => {
  expect([...completeFiles(files, geometry, bitfield(0, 1))]).toEqual([0, 2]);
  expect([...completeFiles(files, geometry, bitfield(0, 1, 2, 3, 4))]).toEqual([0, 1, 2, 4]);
});
