// Wherever files are placed: never outside the folder, never two at one place, the same each time; or our error.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import path from 'node:path';
import { hasPlace, type Placement, PlacementError, placeFiles, rootNames } from '../../src/metainfo/placement.js';
import { storedTorrent } from '../support/stored-torrent.js';

const component = fc.oneof(
  fc.constantFrom('a', 'A', 'b', 'ä', 'a\u0308', 'Ä', 'x.part', 'x', 'sub'),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
    .filter((text) => !/[/\\\0]/.test(text) && text !== '.' && text !== '..'),
);

/** As the parser leaves them: no path twice, no file where another needs a folder. */
const filePaths = fc
  .uniqueArray(fc.array(component, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6, selector: (p) => p.join('/') })
  .filter((paths) =>
    paths.every((one) => !paths.some((other) => other !== one && `${other.join('/')}/`.startsWith(`${one.join('/')}/`))),
  );

const awkward = fc.constantFrom(
  '',
  '/',
  '..',
  '../a',
  'a/../b',
  '/etc/passwd',
  'a//b',
  'a/',
  './a',
  'a\\b',
  '.effusion-x',
  'a\0b',
  'C:\\x',
  'x'.repeat(300),
  'con',
  'a\nb',
);
const target = fc.oneof(
  awkward,
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
);

const placement: fc.Arbitrary<Placement> = fc.record(
  {
    name: fc.oneof(target, component),
    stripComponents: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom(-1, 1.5, Number.NaN, 1e9)),
    renames: fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), target), { maxLength: 3 }).map((entries) => new Map(entries)),
  },
  { requiredKeys: [] },
);

const fold = (text: string): string => text.normalize('NFC').toLowerCase().normalize('NFC');

test('inside, apart, and always the same', () => {
  let placedRuns = 0;
  fc.assert(
    fc.property(filePaths, placement, (paths, wish) => {
      const { metainfo } = storedTorrent({
        name: 'top',
        pieceLength: 16_384,
        files: paths.map((parts) => [parts.join('/'), 10]),
      });
      let placed;
      try {
        placed = placeFiles(metainfo, wish);
      } catch (error) {
        expect(error).toBeInstanceOf(PlacementError);
        expect(() => placeFiles(metainfo, wish)).toThrow((error as Error).message);
        return;
      }
      placedRuns++;
      expect(placeFiles(metainfo, wish)).toEqual(placed);
      const places = placed.files.map((file) => file.path.join('/'));
      for (const [index, place] of places.entries()) {
        const full = path.join('/out', ...placed.files[index].path);
        expect(full.startsWith('/out/')).toBe(true);
        expect(full).toBe(`/out/${place}`);
        for (const part of placed.files[index].path) expect(part).not.toMatch(/^$|^\.{1,2}$|[/\\\0]|^\.effusion/i);
        for (const [other, elsewhere] of places.entries()) {
          if (other === index) continue;
          expect(`${elsewhere}/`.startsWith(`${place}/`), `${place} and ${elsewhere}`).toBe(false);
          if (!`${fold(elsewhere)}/`.startsWith(`${fold(place)}/`)) continue;
          // Only where the torrent has it so itself.
          const before = [index, other].map((at) => fold(metainfo.files[at].path.join('/')));
          expect(
            before[0] === before[1] || `${before[1]}/`.startsWith(`${before[0]}/`) || `${before[0]}/`.startsWith(`${before[1]}/`),
          ).toBe(true);
        }
      }
      expect(rootNames(placed)).toEqual([...new Set(placed.files.map((file) => file.path[0]))]);
      // All else is untouched.
      expect(placed.files.map(({ length, offset }) => [length, offset])).toEqual(
        metainfo.files.map(({ length, offset }) => [length, offset]),
      );
    }),
    { numRuns: 3000 },
  );
  expect(placedRuns).toBeGreaterThan(200);
});

test('of a choice: what is chosen has a place of its own, what is not stands in nobody’s way', () => {
  let narrowed = 0;
  const stripped = fc.record({ stripComponents: fc.integer({ min: 1, max: 3 }) });
  fc.assert(
    fc.property(filePaths, fc.oneof(placement, stripped), fc.infiniteStream(fc.boolean()), (paths, wish, coins) => {
      const { metainfo } = storedTorrent({
        name: 'top',
        pieceLength: 16_384,
        files: paths.map((parts) => [parts.join('/'), 10]),
      });
      const chosen = [...metainfo.files.keys()].filter(() => coins.next().value === true);
      const place = (choice: readonly number[] | null): ReturnType<typeof placeFiles> | null => {
        try {
          return placeFiles(metainfo, wish, choice);
        } catch (error) {
          expect(error).toBeInstanceOf(PlacementError);
          return null;
        }
      };
      const [all, some] = [place(null), place(chosen)];
      // What can be done with all of them can be done with some, and puts them at the same places.
      if (all !== null) expect(some).toEqual(all);
      if (some === null) return;
      if (all === null) narrowed++;
      const places = some.files.map((file) => file.path.join('/'));
      for (const index of chosen) {
        expect(hasPlace(some.files[index])).toBe(true);
        for (const [other, elsewhere] of places.entries()) {
          if (other === index || !hasPlace(some.files[other])) continue;
          expect(`${elsewhere}/`.startsWith(`${places[index]}/`), `${places[index]} and ${elsewhere}`).toBe(false);
          expect(`${places[index]}/`.startsWith(`${elsewhere}/`), `${elsewhere} and ${places[index]}`).toBe(false);
        }
      }
    }),
    { numRuns: 3000 },
  );
  expect(narrowed).toBeGreaterThan(50);
});
