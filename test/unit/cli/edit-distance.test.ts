import { expect, test } from 'vitest';
import { countSlips, findNearest, findNearestName } from '../../../src/cli/edit-distance.js';

test.each([
  ['info', 'info', 0],
  ['inof', 'info', 1],
  ['ifo', 'info', 1],
  ['infoo', 'info', 1],
  ['imfo', 'info', 1],
  ['', 'ab', 2],
  ['kitten', 'sitting', 3],
])('%s and %s are %i slips apart', (a, b, slips) => expect(countSlips(a, b, 5)).toBe(slips));

test('beyond the limit it says only that', () => expect(countSlips('abcdef', 'uvwxyz', 2)).toBe(3));

test('the nearest word is found, whatever its case; a far one is not', () => {
  const commands = ['download', 'seed', 'create', 'info', 'verify'];
  expect(findNearest('inof', commands)).toBe('info');
  expect(findNearest('DOWNLAOD', commands)).toBe('download');
  expect(findNearest('verfiy', commands)).toBe('verify');
  expect(findNearest('banana', commands)).toBeNull();
});

test.each([
  ['c.txt', null],
  ['B.txt', 'b.txt'],
  ['b.tx', 'b.txt'],
  ['photso.torrent', 'photos.torrent'],
  ['photos.torent', 'photos.torrent'],
  ['x.torrent', null],
  ['.hiddne', '.hidden'],
])('the file %s may have been meant as %s', (name, expected) => {
  expect(findNearestName(name, ['b.txt', 'photos.torrent', 'y.torrent', '.hidden'])).toBe(expected);
});
