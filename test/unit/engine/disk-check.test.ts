// A look at a real folder: what it says is so, and nothing is left of it.

import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checkDisk } from '../../../src/engine/disk-check.js';
import { makeTempFolder } from '../../support/temp-folder.js';

test('space, speed and names; nothing is left, and nothing is made', async () => {
  const folder = await makeTempFolder();
  await mkdir(path.join(folder, 'there'));
  const found = await checkDisk(path.join(folder, 'there/not/yet'), ['a.bin', 'größe – 名前', 'x'.repeat(256), 'a.bin']);
  expect(found.folder).toBe(path.join(folder, 'there'));
  expect(found.freeBytes).toBeGreaterThan(0);
  expect(found.writeBytesPerSecond).toBeGreaterThan(0);
  expect(found.errno).toBeNull();
  expect(found.refusedNames).toEqual([{ name: 'x'.repeat(256), errno: 'ENAMETOOLONG' }]);
  expect(found.isCaseSensitive).toBeTypeOf('boolean');
  expect(await readdir(folder, { recursive: true })).toEqual(['there']);
});

test('where nothing can be written it says with what word', async () => {
  const found = await checkDisk('/proc/self', ['a']);
  expect(found.writeBytesPerSecond).toBeNull();
  expect(found.errno).toMatch(/^E[A-Z]+$/);
});
