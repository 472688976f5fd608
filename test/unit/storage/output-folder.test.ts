// The output folder is made with its parents, and what cannot be made is an error and never a loop.

import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { expectWritable, makeOutputFolder } from '../../../src/storage/output-folder.js';
import { makeTempFolder } from '../../support/temp-folder.js';

test('makes the folder and those above it', async () => {
  const root = await makeTempFolder();
  const folder = path.join(root, 'a/b/c');
  makeOutputFolder(folder, REAL_DISK);
  expect(statSync(folder).isDirectory()).toBe(true);
  makeOutputFolder(folder, REAL_DISK);
});

test('takes a symbolic link to a folder, and refuses a file', async () => {
  const root = await makeTempFolder();
  mkdirSync(path.join(root, 'real'));
  symlinkSync(path.join(root, 'real'), path.join(root, 'link'));
  makeOutputFolder(path.join(root, 'link'), REAL_DISK);
  writeFileSync(path.join(root, 'file'), '');
  expect(() => makeOutputFolder(path.join(root, 'file'), REAL_DISK)).toThrow(expect.objectContaining({ code: 'storage_failed' }));
  expect(() => makeOutputFolder(path.join(root, 'file/below'), REAL_DISK)).toThrow(/ENOTDIR/);
});

test('a folder that exists but takes no children is an error, not a loop', () => {
  const disk = {
    ...REAL_DISK,
    mkdirSync: () => {
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    },
  };
  const tmp = path.join(path.parse(process.cwd()).root, 'tmp-that-takes-nothing');
  expect(() => makeOutputFolder(tmp, disk)).toThrow(/cannot create the folder/);
});

test('a folder that nothing can be put into is told at once, one that is not there is made', async () => {
  const folder = path.join(await makeTempFolder(), 'new/er');
  expectWritable(folder);
  expect(existsSync(folder)).toBe(true);
  const accessSync = (): never => {
    throw Object.assign(new Error('permission denied'), { code: 'EACCES' });
  };
  expect(() => expectWritable(folder, { ...REAL_DISK, accessSync })).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/cannot write .*new\/er: permission denied/),
      advice: expect.stringContaining('--output'),
    }),
  );
});
