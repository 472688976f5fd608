import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileLayout } from '../../../src/metainfo/file-layout.js';
import { piecesOfFiles, sharedPieces } from '../../../src/metainfo/pieces-of-files.js';
import { Geometry } from '../../../src/model/geometry.js';

const torrents = fc.array(fc.tuple(fc.nat(60), fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 12 }).map((list) => {
  let offset = 0;
  const files = list.map(([length, isPadding]) => {
    const file = { offset, length, isPadding };
    offset += length;
    return file;
  });
  const chosen = new Set([...list.keys()].filter((index) => list[index][2]));
  return { files, chosen, geometry: new Geometry(offset, 16) };
});

test('they are what the slices of each piece say', () => {
  fc.assert(
    fc.property(torrents, ({ files, chosen, geometry }) => {
      const layout = new FileLayout(files);
      const slices = [...geometry.pieces()].map((piece) =>
        layout.slices(geometry.pieceOffset(piece), geometry.pieceLength(piece)),
      );
      const needed = [...geometry.pieces()].filter((piece) => slices[piece].some(({ file }) => chosen.has(file)));
      expect([...piecesOfFiles(files, geometry, chosen)]).toEqual(needed);
      const shared = [...geometry.pieces()].filter((piece) => slices[piece].filter(({ isPadding }) => !isPadding).length > 1);
      expect(sharedPieces(files, geometry)).toEqual(shared);
    }),
  );
});
