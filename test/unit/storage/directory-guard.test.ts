import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DirectoryGuard } from '../../../src/storage/directory-guard.js';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { makeTempFolder } from '../../support/temp-folder.js';

describe('ensureFor', () => {
  test('makes the folders above a file, the output folder included, and not the file', async () => {
    const root = path.join(await makeTempFolder(), 'not', 'there');
    new DirectoryGuard(root).ensureFor(['album', 'sub', 'file']);
    expect(existsSync(path.join(root, 'album/sub'))).toBe(true);
    expect(existsSync(path.join(root, 'album/sub/file'))).toBe(false);
  });

  test('looks at each folder once', async () => {
    const root = await makeTempFolder();
    let calls = 0;
    const count = <A extends unknown[], R>(call: (...args: A) => R) => {
      return (...args: A): R => {
        calls++;
        return call(...args);
      };
    };
    const disk = { ...REAL_DISK, mkdirSync: count(REAL_DISK.mkdirSync as () => undefined) as typeof REAL_DISK.mkdirSync };
    const guard = new DirectoryGuard(root, disk);
    for (let i = 0; i < 100; i++) guard.ensureFor(['album', 'sub', `file${i}`]);
    expect(calls).toBe(3);
  });

  test('refuses a symbolic link inside the output folder, which may be one itself', async () => {
    const folder = await makeTempFolder();
    await mkdir(path.join(folder, 'real/outside'), { recursive: true });
    await symlink(path.join(folder, 'real'), path.join(folder, 'linked'));
    const root = path.join(folder, 'linked');
    new DirectoryGuard(root).ensureFor(['album', 'file']);
    await rm(path.join(root, 'album'), { recursive: true });
    await symlink(path.join(folder, 'real/outside'), path.join(root, 'album'));
    const failure = expect.objectContaining({ detail: { operation: 'open', path: path.join(root, 'album'), errno: 'ELOOP' } });
    expect(() => new DirectoryGuard(root).ensureFor(['album', 'file'])).toThrow(failure);
    expect(() => new DirectoryGuard(root).ensureFor(['album', 'sub', 'file'])).toThrow(failure);
    expect(() => new DirectoryGuard(root).existsFor(['album', 'sub', 'file'])).toThrow(failure);
  });

  test('refuses a file in the place of a folder', async () => {
    const root = await makeTempFolder();
    await writeFile(path.join(root, 'album'), 'x');
    expect(() => new DirectoryGuard(root).ensureFor(['album', 'file'])).toThrow(
      expect.objectContaining({ detail: { operation: 'open', path: path.join(root, 'album'), errno: 'ENOTDIR' } }),
    );
  });

  test('a folder that cannot be made is a StorageError', async () => {
    const root = await makeTempFolder();
    const disk = {
      ...REAL_DISK,
      mkdirSync: ((full: string) => {
        if (full !== root) throw Object.assign(new Error('read-only'), { code: 'EROFS' });
      }) as typeof REAL_DISK.mkdirSync,
    };
    expect(() => new DirectoryGuard(root, disk).ensureFor(['album', 'file'])).toThrow(
      expect.objectContaining({ detail: { operation: 'mkdir', path: path.join(root, 'album'), errno: 'EROFS' } }),
    );
  });
});

test('existsFor makes nothing', async () => {
  const root = await makeTempFolder();
  const guard = new DirectoryGuard(root);
  expect(guard.existsFor(['file'])).toBe(true);
  expect(guard.existsFor(['album', 'sub', 'file'])).toBe(false);
  expect(existsSync(path.join(root, 'album'))).toBe(false);
  await mkdir(path.join(root, 'album'));
  expect(guard.existsFor(['album', 'file'])).toBe(true);
});
