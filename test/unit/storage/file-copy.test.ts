// The copy of one file, by itself: what becomes of existing files with it is in existing-files.test.ts.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { copyFile, placeForCopy } from '../../../src/storage/file-copy.js';
import { copySpy } from '../../support/copy-spy.js';
import { expectSameBytes, putFiles } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { fixturePayload } from '../../support/torrent-fixtures.js';

const BYTES = fixturePayload(3, 25_000);

async function prepare(): Promise<{ from: string; to: string }> {
  const folder = await makeTempFolder();
  await putFiles(folder, { from: BYTES });
  return { from: path.join(folder, 'from'), to: path.join(folder, 'to') };
}

test('goes in steps, as far as it is wanted or there is something', async () => {
  for (const [maxBytes, writes] of [
    [24_000, [10_000, 10_000, 4000]],
    [99_000, [10_000, 10_000, 5000]],
  ] as const) {
    const places = await prepare();
    const { disk, writes: written } = copySpy({ canClone: false });
    let steps = 0;
    await copyFile({ ...places, maxBytes, stepBytes: 10_000, onStep: () => steps++, disk });
    expect(written()).toEqual(writes);
    expect(steps).toBe(3);
    expectSameBytes(readFileSync(places.to), BYTES.subarray(0, maxBytes));
  }
});

test('is none where the file system lets two files share their blocks', async () => {
  const places = await prepare();
  const { disk, writes } = copySpy({ canClone: true });
  await copyFile({ ...places, maxBytes: 25_000, stepBytes: 10_000, disk });
  expect(writes()).toEqual([]);
  expectSameBytes(readFileSync(places.to), BYTES);
});

test('is ended by its signal after the step that runs', async () => {
  const places = await prepare();
  const stop = new AbortController();
  const onWrite = (): null => {
    stop.abort(new Error('enough'));
    return null;
  };
  const { disk, writes } = copySpy({ canClone: false, onWrite });
  const options = { ...places, maxBytes: 25_000, stepBytes: 10_000, signal: stop.signal, disk };
  await expect(copyFile(options)).rejects.toThrow('enough');
  await expect(copyFile(options)).rejects.toThrow('enough');
  expect(writes()).toEqual([10_000]);
});

test('never takes the place of a file', async () => {
  const { from } = await prepare();
  const { disk } = copySpy({ canClone: false });
  await expect(copyFile({ from, to: from, maxBytes: 25_000, stepBytes: 10_000, disk })).rejects.toMatchObject({ code: 'EEXIST' });
});

test('is made at the top, and beside its place where no name moves from there, whatever the numbers of the devices say', async () => {
  const folder = await makeTempFolder();
  await putFiles(folder, { 'sub/other': BYTES });
  const places = { top: path.join(folder, 'copy'), beside: path.join(folder, 'sub/copy') };
  expect(placeForCopy(places, REAL_DISK)).toBe(places.top);
  const renameSync = (): never => {
    throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
  };
  expect(placeForCopy(places, { ...REAL_DISK, renameSync })).toBe(places.beside);
  expect(readdirSync(folder)).toEqual(['sub']);
  expect(readdirSync(path.join(folder, 'sub'))).toEqual(['other']);
});
