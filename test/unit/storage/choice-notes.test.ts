import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChoiceNotes, parseNotes } from '../../../src/storage/choice-notes.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const STAMP = { size: 5, mtimeNs: '1700000000000000001' };
const notes = (folder: string, dataFolder = '/data', digit = 1): ChoiceNotes =>
  new ChoiceNotes({ folder, dataFolder, infoHash: { v1: new Uint8Array(20).fill(digit) }, maxNotes: 3 });

describe('ChoiceNotes', () => {
  test('what was noted is there for the same torrent in the same place, besides what was noted before', async () => {
    const folder = path.join(await makeTempFolder(), 'made/by/us');
    notes(folder).add(new Map([[3, STAMP]]));
    notes(folder).add(new Map([[7, { ...STAMP, size: 6 }]]));
    const both = new Map([
      [3, STAMP],
      [7, { ...STAMP, size: 6 }],
    ]);
    expect(notes(folder).read()).toEqual(both);
    expect(notes(folder, '/other').read().size).toBe(0);
    expect(notes(folder, '/data', 2).read().size).toBe(0);
    expect(await readdir(folder)).toHaveLength(1);
  });

  test('the oldest go', async () => {
    const folder = await makeTempFolder();
    for (const digit of [1, 2, 3]) notes(folder, '/data', digit).add(new Map([[digit, STAMP]]));
    for (const [index, name] of (await readdir(folder)).entries())
      await utimes(path.join(folder, name), 1000 + index, 1000 + index);
    await writeFile(path.join(folder, 'not ours.json'), '');
    notes(folder, '/data', 4).add(new Map([[4, STAMP]]));
    expect(await readdir(folder)).toHaveLength(4);
    expect(notes(folder, '/data', 4).read().size).toBe(1);
  });

  test('a folder that can not be had is no matter', async () => {
    const folder = path.join(await makeTempFolder(), 'file');
    await writeFile(folder, '');
    notes(folder).add(new Map([[3, STAMP]]));
    expect(notes(folder).read().size).toBe(0);
    expect(await readFile(folder, 'utf8')).toBe('');
  });

  test('a note that is something else is none', async () => {
    const folder = await makeTempFolder();
    notes(folder).add(new Map([[3, STAMP]]));
    const [name] = await readdir(folder);
    for (const text of ['', 'null', '[]', '{"version":2,"files":[[3,5,"1"]]}', '{"version":1,"files":{}}']) {
      await writeFile(path.join(folder, name), text);
      expect(notes(folder).read().size).toBe(0);
    }
    await mkdir(path.join(folder, 'sub'));
  });

  test('any JSON gives stamps or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.json().map((files) => `{"version":1,"files":[${files},[1,2,"3"]]}`),
        ),
        (text) => {
          for (const [file, { size, mtimeNs }] of parseNotes(text)) {
            expect(Number.isSafeInteger(file) && Number.isSafeInteger(size)).toBe(true);
            expect(typeof mtimeNs).toBe('string');
          }
        },
      ),
    );
  });
});
