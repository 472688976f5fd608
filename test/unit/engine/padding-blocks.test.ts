import { expect, test } from 'vitest';
import { paddingRule } from '../../../src/engine/padding-blocks.js';
import { Geometry } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { storedTorrent } from '../../support/stored-torrent.js';

const KIB = 1024;

/** `piece/block` of every padding block. */
function paddingOf(pieceLength: number, files: readonly (readonly [string, number])[]): string[] {
  const { metainfo } = storedTorrent({ pieceLength, files });
  const isPadding = paddingRule(metainfo);
  const found: string[] = [];
  for (const piece of metainfo.geometry.pieces()) {
    for (let block = 0; block < metainfo.geometry.blockCount(piece); block++) {
      if (isPadding(piece, block)) found.push(`${piece}/${block}`);
    }
  }
  return found;
}

test('a torrent without padding has none', () => {
  expect(paddingOf(32 * KIB, [['a', 100_000]])).toEqual([]);
});

test('a block counts where all of it is padding', () => {
  // a ends in block 0/1; what is left of that block is padding, but the block is not.
  expect(
    paddingOf(64 * KIB, [
      ['a', 20_000],
      ['padding', 64 * KIB - 20_000],
      ['b', 5],
    ]),
  ).toEqual(['0/2', '0/3']);
});

test('whole pieces of padding, and a short block at the end', () => {
  expect(
    paddingOf(32 * KIB, [
      ['a', 16 * KIB],
      ['padding', 80 * KIB + 5],
    ]),
  ).toEqual(['0/1', '1/0', '1/1', '2/0', '2/1', '3/0']);
});

test('padding of no length, and after a piece that is no multiple of a block', () => {
  expect(
    paddingOf(20_000, [
      ['a', 20_000],
      ['padding', 0],
      ['b', 20_000],
      ['padding', 20_000],
    ]),
  ).toEqual(['2/0', '2/1']);
});

test('terabytes of padding cost nothing', () => {
  const length = 2 ** 45;
  const file = { path: ['x', 'pad'], length, offset: 0, isPadding: true };
  const isPadding = paddingRule({ files: [file], geometry: new Geometry(length, 2 ** 28) });
  expect(isPadding(100_000 as PieceIndex, 5)).toBe(true);
});
