import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { InvariantError } from '../../../src/model/error.js';
import { BLOCK_LENGTH, Geometry } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';

const piece = (index: number): PieceIndex => index as PieceIndex;

describe('Geometry', () => {
  test('cuts every torrent into pieces and blocks without a gap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 4000, max: 300_000 }), (total, pieceLength) => {
        const geometry = new Geometry(total, pieceLength);
        let sum = 0;
        for (const index of geometry.pieces()) {
          expect(geometry.pieceOffset(index)).toBe(sum);
          let inPiece = 0;
          for (let block = 0; block < geometry.blockCount(index); block++) {
            const length = geometry.blockLength(index, block);
            expect(length).toBeGreaterThan(0);
            expect(length).toBeLessThanOrEqual(BLOCK_LENGTH);
            expect(geometry.validateBlock(index, inPiece, length)).toBe(block);
            inPiece += length;
          }
          expect(inPiece).toBe(geometry.pieceLength(index));
          sum += inPiece;
        }
        expect(sum).toBe(total);
      }),
      { numRuns: 60 },
    );
  });

  test('gives the last piece its true length, also when it is a multiple of the block', () => {
    expect(new Geometry(65_536 + 32_768, 65_536).pieceLength(piece(1))).toBe(32_768);
    expect(new Geometry(131_072, 65_536).pieceLength(piece(1))).toBe(65_536);
    expect(new Geometry(65_537, 65_536).blockCount(piece(1))).toBe(1);
  });

  test('knows only the pieces there are', () => {
    const geometry = new Geometry(100, 30);
    expect(geometry.validatePieceIndex(3)).toBe(3);
    for (const index of [-1, 4, 0.5, Number.NaN, 2 ** 32]) expect(geometry.validatePieceIndex(index)).toBeNull();
  });

  test('takes whole blocks only', () => {
    const geometry = new Geometry(40_000, 40_000);
    expect(geometry.validateBlock(piece(0), 32_768, 40_000 - 32_768)).toBe(2);
    expect(geometry.validateBlock(piece(0), 32_768, 16_384)).toBeNull();
    expect(geometry.validateBlock(piece(0), 1, 16_384)).toBeNull();
    expect(geometry.validateBlock(piece(0), -16_384, 16_384)).toBeNull();
    expect(geometry.validateBlock(piece(0), 49_152, 16_384)).toBeNull();
  });

  test('serves ranges within a piece', () => {
    const geometry = new Geometry(40_000, 30_000);
    expect(geometry.containsRange(piece(1), 0, 10_000)).toBe(true);
    expect(geometry.containsRange(piece(1), 1, 10_000)).toBe(false);
    expect(geometry.containsRange(piece(0), 0, 0)).toBe(false);
    expect(geometry.containsRange(piece(0), -1, 5)).toBe(false);
  });

  test('refuses lengths that are none', () => {
    expect(() => new Geometry(-1, 1)).toThrow(InvariantError);
    expect(() => new Geometry(1, 0)).toThrow(InvariantError);
    expect(() => new Geometry(2 ** 53, 1)).toThrow(InvariantError);
  });
});
