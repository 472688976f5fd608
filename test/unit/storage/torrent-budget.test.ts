// How much a torrent can hold, as it is counted beforehand: no less than what it will be, and the reason where it is too much.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeTorrent } from '../../../src/metainfo/torrent-encoder.js';
import { TorrentBudget, type TorrentBounds } from '../../../src/storage/torrent-budget.js';

const KIB = 1024;
const WIDE: TorrentBounds = { maxTorrentBytes: 1e9, maxNodes: 1e9, pieceLength: 16 * KIB };

function budgetOf(files: readonly (readonly [path: string, length: number])[], bounds: Partial<TorrentBounds>): TorrentBudget {
  const budget = new TorrentBudget({ ...WIDE, ...bounds });
  for (const [path, length] of files) budget.add(path.split('/'), length);
  return budget;
}

test('what fits is counted and has no excess', () => {
  const budget = budgetOf(
    [
      ['a/b.bin', 100],
      ['c', 0],
    ],
    {},
  );
  expect([budget.files, budget.bytes, budget.excess]).toEqual([2, 100, null]);
});

test('too many bytes for their hashes, too long a list, too many values', () => {
  const big = [['a', 16 * KIB * 2 ** 20]] as const;
  expect(budgetOf(big, { maxTorrentBytes: 2 ** 24 }).excess).toMatch(/more than 16 MiB, for the hashes alone/);
  expect(budgetOf([['a'.repeat(200), 1]], { maxTorrentBytes: 200 }).excess).toMatch(/^its files, 1 so far/);
  expect(budgetOf([['a/b/c', 1]], { maxNodes: 8 }).excess).toBeNull();
  expect(budgetOf([['a/b/c', 1]], { maxNodes: 7 }).excess).toMatch(/^it has more files than/);
});

test('the list of files is counted as it is written, byte by byte', () => {
  const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
  const file = fc.tuple(fc.array(name, { minLength: 1, maxLength: 4 }), fc.nat());
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 8 }), (files) => {
      const facts = { name: 'n', isSingleFile: false, pieceLength: 16_384, pieceHashes: new Uint8Array() };
      const size = (of: typeof files): number =>
        encodeTorrent({ ...facts, files: of.map(([path, length]) => ({ path, length })) }).length;
      const listBytes = size(files) - size([]);
      const hashBytes = Math.ceil(files.reduce((sum, [, length]) => sum + length, 0) / 16_384) * 20;
      const isTooMuch = (maxTorrentBytes: number): boolean => {
        const budget = new TorrentBudget({ ...WIDE, maxTorrentBytes });
        for (const [path, length] of files) budget.add(path, length);
        return budget.excess !== null;
      };
      expect(isTooMuch(listBytes + hashBytes)).toBe(false);
      expect(isTooMuch(listBytes + hashBytes - 1)).toBe(true);
    }),
  );
});
