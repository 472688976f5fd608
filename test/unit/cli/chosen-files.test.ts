import { describe, expect, test } from 'vitest';
import { chooseFiles } from '../../../src/cli/chosen-files.js';
import { parseFileSpec, parsePrioritySpec } from '../../../src/cli/file-spec.js';

const lengths: readonly (readonly [string, number])[] = [
  ['a.txt', 10],
  ['padding', 6],
  ['b.txt', 20],
  ['c.bin', 40],
];
let offset = 0;
const files = lengths.map(([name, length]) => {
  const file = { path: ['album', name], length, offset, isPadding: name === 'padding' };
  offset += length;
  return file;
});
const metainfo = { files, isSingleFile: false };
const spec = (text: string): ReturnType<typeof parseFileSpec> => parseFileSpec(text, '--files');

describe('chooseFiles', () => {
  test('without a wish it is everything, and the session hears of none', () => {
    expect(chooseFiles(metainfo, {}, null)).toEqual({ session: {}, bytes: 70, count: '3 files' });
  });

  test('by --files', () => {
    expect(chooseFiles(metainfo, { files: [spec('2-')] }, null)).toEqual({
      session: { files: [2, 3] },
      bytes: 60,
      count: '2 of 3 files',
    });
  });

  test('a link counts from 0, with the padding; what it names beyond that is left out', () => {
    const link = [
      { first: 1, last: 2 },
      { first: 9, last: 2 ** 31 - 1 },
    ];
    expect(chooseFiles(metainfo, {}, link)).toMatchObject({ session: { files: [2] }, bytes: 20 });
    expect(chooseFiles(metainfo, { files: [spec('1')] }, link).session.files).toEqual([0]);
    expect(() => chooseFiles(metainfo, {}, [{ first: 1, last: 1 }])).toThrow('so=');
  });

  test('priorities and order; the later one of two counts', () => {
    const priority = ['*=low', 'c.bin=high', 'a=b.txt=low'].slice(0, 2).map((text) => parsePrioritySpec(text, '--priority'));
    expect(chooseFiles(metainfo, { priority, sequential: true, firstLast: true }, null).session).toEqual({
      priorities: new Map([
        [0, 'low'],
        [2, 'low'],
        [3, 'high'],
      ]),
      order: 'sequential',
      edgesFirst: true,
    });
    expect(parsePrioritySpec('a=b.txt=low', '--priority')).toMatchObject({ level: 'low', spec: { text: 'a=b.txt' } });
  });

  test.each(['a.txt', 'a.txt=', 'a.txt=higher', '=high', '=low'])('%s is no priority', (text) => {
    expect(() => parsePrioritySpec(text, '--priority')).toThrow('does not end in =high or =low');
  });
});
