// The map of the pieces and the peers below a line.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PLAIN_STYLE } from '../../../../src/cli/render/color-level.js';
import { formatDetail, formatPieceMap } from '../../../../src/cli/render/detail-lines.js';
import { formatFrame } from '../../../../src/cli/render/frame-lines.js';
import { NO_DATA, type Progress, type ProgressDetail } from '../../../../src/cli/render/progress.js';
import { roughWidth } from '../../../../src/cli/render/text-width.js';
import { Bitfield } from '../../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../../src/model/ids.js';

const LOOK = { style: PLAIN_STYLE, widthOf: roughWidth, isUnicode: true };

function pieces(count: number, have: readonly number[], open: readonly number[] = []): ProgressDetail['pieces'] {
  const field = new Bitfield(count);
  for (const piece of have) field.set(piece as PieceIndex);
  return { have: field, open: open as PieceIndex[] };
}

test('a cell for each piece where there is room, else for several', () => {
  expect(formatPieceMap(pieces(5, [0, 2]), 80, LOOK)).toBe('█·█··');
  expect(formatPieceMap(pieces(8, [0, 1, 2, 4, 5, 6]), 2, LOOK)).toBe('▓▓');
  expect(formatPieceMap(pieces(8, [0, 1, 2, 3, 4]), 2, LOOK)).toBe('█▒');
  expect(formatPieceMap(pieces(8, [0, 1, 2, 3, 4]), 2, { ...LOOK, isUnicode: false })).toBe('#-');
});

test('where blocks are coming it shows, with and without colour', () => {
  expect(formatPieceMap(pieces(4, [0], [1]), 4, LOOK)).toBe('█>··');
  const style = { ...PLAIN_STYLE, accent: (text: string) => `<${text}>` };
  expect(formatPieceMap(pieces(4, [0], [1]), 4, { ...LOOK, style })).toBe('█<▒>··');
});

test('the map is as wide as it may be, a whole torrent is all solid, and an empty one all dots', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 0, max: 200 }), (count, room) => {
      const all = Array.from({ length: count }, (_, piece) => piece);
      const width = Math.min(count, room);
      expect(formatPieceMap(pieces(count, all), room, LOOK)).toBe('█'.repeat(width));
      expect(formatPieceMap(pieces(count, []), room, LOOK)).toBe('·'.repeat(width));
    }),
  );
});

const PEER = {
  address: '203.0.113.7:51413',
  client: 'Transmission 4.0.5',
  downloadBytesPerSecond: 2.5 * 1024 * 1024,
  uploadBytesPerSecond: 0,
  share: 1,
};
const DETAIL: ProgressDetail = { pieces: pieces(4, [0, 1], [2]), peers: [PEER, { ...PEER, client: '', share: 0.5 }] };

test('peers below the map, as wide as the terminal at most', () => {
  expect(formatDetail(DETAIL, 100, 8, LOOK)).toEqual([
    '  ██>·',
    '  203.0.113.7:51413       2.5 MiB/s down       0 B/s up 100%  Transmission 4.0.5',
    '  203.0.113.7:51413       2.5 MiB/s down       0 B/s up  50%',
  ]);
});

test('on a narrow terminal a peer keeps whole what it has room for: first its client goes, then what we send, then what it has', () => {
  const peerAt = (columns: number): string => formatDetail(DETAIL, columns, 8, LOOK)[1];
  expect(peerAt(80)).toBe('  203.0.113.7:51413       2.5 MiB/s down       0 B/s up 100%  Transmission 4.0…');
  expect(peerAt(62)).toBe('  203.0.113.7:51413       2.5 MiB/s down       0 B/s up 100%');
  expect(peerAt(50)).toBe('  203.0.113.7:51413       2.5 MiB/s down 100%');
  expect(peerAt(40)).toBe('  203.0.113.7:51413      2.5 MiB/s down');
  const seeding = { ...DETAIL, peers: [{ ...PEER, downloadBytesPerSecond: 0, uploadBytesPerSecond: 1024 }] };
  expect(formatDetail(seeding, 40, 8, LOOK)[1]).toBe('  203.0.113.7:51413        1.0 KiB/s up');
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 120 }), (columns) => {
      for (const line of formatDetail(DETAIL, columns, 8, LOOK)) expect(line.length).toBeLessThan(columns);
    }),
  );
});

test('details never push a torrent off the screen: they take the lines that are left', () => {
  const progress: Progress = { ...NO_DATA, name: 'a', phase: 'downloading', totalBytes: 100, detail: DETAIL };
  const lines = (shown: readonly Progress[], maxLines: number, overview: string | null): string[] =>
    formatFrame(shown, overview, { columns: 60, maxLines }, LOOK);
  expect(lines([progress], 9, null)).toHaveLength(4);
  expect(lines([progress], 2, null)).toHaveLength(2);
  const several = lines([progress, { ...progress, name: 'b' }], 4, 'two');
  expect(several.map((line) => line.trim()[0])).toEqual(['a', '█', 'b', 't']);
});
