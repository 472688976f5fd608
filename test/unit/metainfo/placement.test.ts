// Where files go for each wish, and each refusal in its own words.

import { describe, expect, test } from 'vitest';
import {
  hasPlace,
  isPlaced,
  ownPlace,
  type Placement,
  PlacementError,
  placeFiles,
  rootNames,
} from '../../../src/metainfo/placement.js';
import { storedTorrent } from '../../support/stored-torrent.js';

const ALBUM = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 10],
    ['padding', 6],
    ['cd1/x', 10],
    ['cd2/X', 10],
    ['cd2/deep/y', 10],
  ],
}).metainfo;
const SINGLE = storedTorrent({ name: 'movie.mkv', pieceLength: 16_384, files: [['', 10]] }).metainfo;

function places(placement: Placement, metainfo = ALBUM): string[] {
  return placeFiles(metainfo, placement)
    .files.filter((file) => !file.isPadding)
    .map((file) => file.path.join('/'));
}

test('nothing asked for: the very same object', () => {
  expect(placeFiles(ALBUM, {})).toBe(ALBUM);
  expect(placeFiles(ALBUM, { stripComponents: 0, renames: new Map() })).toBe(ALBUM);
  expect(isPlaced({})).toBe(false);
});

test('another name', () => {
  expect(places({ name: 'holiday' })).toEqual(['holiday/a', 'holiday/cd1/x', 'holiday/cd2/X', 'holiday/cd2/deep/y']);
  expect(places({ name: 'film.mkv' }, SINGLE)).toEqual(['film.mkv']);
});

test('leading components, the name of the torrent first', () => {
  expect(places({ stripComponents: 1 })).toEqual(['a', 'cd1/x', 'cd2/X', 'cd2/deep/y']);
});

test('one file elsewhere: numbers count from 1 and pass over padding, the rest of the placement is for the others', () => {
  expect(places({ stripComponents: 1, renames: new Map([[2, 'extra/track 1']]) })).toEqual([
    'a',
    'extra/track 1',
    'cd2/X',
    'cd2/deep/y',
  ]);
  // It needs nothing left of its own path.
  const renames = new Map([
    [1, 'z'],
    [3, 'w'],
  ]);
  expect(places({ stripComponents: 2, renames })).toEqual(['z', 'x', 'w', 'deep/y']);
  expect(() => places({ stripComponents: 2, renames: new Map([[1, 'z']]) })).toThrow(
    '"album/cd1/x" and "album/cd2/X" would both',
  );
});

describe('refused', () => {
  const cases: [what: string, placement: Placement, message: string][] = [
    ['nothing left of a file', { stripComponents: 2 }, 'nothing is left of "album/a"'],
    ['a name with a slash', { name: 'a/b' }, 'choose the folder with --output'],
    ['a name and no place for it', { name: 'x', stripComponents: 1 }, 'where its own folder is left out'],
    ['an empty name', { name: '' }, 'found an empty string'],
    ['out of the folder', { renames: new Map([[1, '../a']]) }, 'found ".."'],
    ['an absolute path', { renames: new Map([[1, '/a']]) }, 'inside the output folder'],
    ['a name of ours', { name: '.effusion-x' }, 'reserved'],
    ['a name that would be changed', { name: 'x'.repeat(300) }, 'too long'],
    ['control characters', { name: 'a\nb' }, 'characters that no name may have'],
    ['a file that is not there', { renames: new Map([[5, 'z']]) }, 'there is no file 5: the torrent has 4'],
    [
      'two at one place',
      { renames: new Map([[1, 'album/cd1/x']]) },
      '"album/a" and "album/cd1/x" would both be placed as "album/cd1/x"',
    ],
    ['a file where a folder is', { renames: new Map([[1, 'album/cd2']]) }, '"album/a" and "album/cd2/X" would both be placed'],
    ['names that differ by case alone', { renames: new Map([[1, 'album/CD1/X']]) }, 'would both be placed'],
    [
      'a Unicode form of another',
      {
        renames: new Map([
          [1, 'ä'],
          [2, 'a\u0308'],
        ]),
      },
      'would both be placed',
    ],
    ['no count', { stripComponents: -1 }, 'is no number of leading folders'],
  ];
  test.each(cases)('%s', (_, placement, message) => {
    expect(() => placeFiles(ALBUM, placement)).toThrow(PlacementError);
    expect(() => placeFiles(ALBUM, placement)).toThrow(message);
  });
});

test.each([1, 3])('a single file has no folder to leave out and keeps its name, %i components', (stripComponents) => {
  expect(places({ stripComponents }, SINGLE)).toEqual(['movie.mkv']);
  expect(places({ stripComponents, renames: new Map([[1, 'a/b']]) }, SINGLE)).toEqual(['a/b']);
});

describe('of a choice only those files count that are chosen', () => {
  /** Where the chosen files go; null for one without a place. */
  function chosenPlaces(placement: Placement, chosen: readonly number[] | null): (string | null)[] {
    const { files } = placeFiles(ALBUM, placement, chosen);
    return files.flatMap((file) => (file.isPadding ? [] : [hasPlace(file) ? file.path.join('/') : null]));
  }

  test('what would be left without a name has no place', () => {
    expect(chosenPlaces({ stripComponents: 2 }, [2])).toEqual([null, 'x', null, 'deep/y']);
    expect(chosenPlaces({ stripComponents: 3 }, [4])).toEqual([null, null, null, 'y']);
  });

  test('what would be in the way has none either, be it by its case alone, or as a file where a folder is to be', () => {
    expect(chosenPlaces({ stripComponents: 2 }, [3, 4])).toEqual([null, null, 'X', 'deep/y']);
    expect(chosenPlaces({ renames: new Map([[1, 'album/cd2']]) }, [3, 4])).toEqual([
      null,
      'album/cd1/x',
      'album/cd2/X',
      'album/cd2/deep/y',
    ]);
    expect(chosenPlaces({ renames: new Map([[1, 'album/cd2']]) }, [0, 2])).toEqual(['album/cd2', 'album/cd1/x', null, null]);
  });

  test('the same places for every choice, where nothing collides: what one run left another one finds', () => {
    const single = chosenPlaces({ stripComponents: 1 }, [0]);
    expect(single).toEqual(chosenPlaces({ stripComponents: 1 }, null));
    expect(chosenPlaces({ stripComponents: 1 }, [2, 3])).toEqual(single);
  });

  test('a wider choice is refused for what it brings in', () => {
    expect(() => placeFiles(ALBUM, { stripComponents: 2 }, [0, 2])).toThrow('nothing is left of "album/a"');
    expect(() => placeFiles(ALBUM, { stripComponents: 2 }, [2, 3])).toThrow('would both be placed as "X"');
  });

  test('what is taken in the output folder is what the chosen files take', () => {
    const placed = placeFiles(ALBUM, { stripComponents: 2 }, [2]);
    expect(rootNames(placed)).toEqual(['x', 'deep']);
    expect(rootNames(placed, [2])).toEqual(['x']);
  });
});

describe('where the torrent as a whole is', () => {
  const cases: [what: string, metainfo: typeof ALBUM, placement: Placement, place: string][] = [
    ['its folder', ALBUM, {}, 'album'],
    ['its folder under another name', ALBUM, { name: 'x' }, 'x'],
    ['its folder, a file of which has another name in it', ALBUM, { renames: new Map([[1, 'album/b']]) }, 'album'],
    ['the output folder, where a file is elsewhere', ALBUM, { renames: new Map([[1, 'b']]) }, ''],
    ['the output folder, where its own is left out', ALBUM, { stripComponents: 1 }, ''],
    ['its file', SINGLE, {}, 'movie.mkv'],
    ['its file under another name', SINGLE, { name: 'x' }, 'x'],
    ['its file, of which no folder is left out', SINGLE, { stripComponents: 1 }, 'movie.mkv'],
    ['its file elsewhere', SINGLE, { renames: new Map([[1, 'a/b']]) }, 'a/b'],
  ];
  test.each(cases)('%s', (_, metainfo, placement, place) => {
    expect(ownPlace(metainfo, placement).join('/')).toBe(place);
  });
});

test('names that the torrent itself has in two cases stay', () => {
  const both = storedTorrent({
    pieceLength: 16_384,
    files: [
      ['A', 1],
      ['a', 1],
    ],
  }).metainfo;
  expect(places({ stripComponents: 1 }, both)).toEqual(['A', 'a']);
});
