import { mkdir, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { FilePaths } from '../../../src/storage/file-paths.js';
import { countingPath, countingStamp, scanFiles } from '../../../src/storage/file-scan.js';
import { putFiles, storedTorrent } from '../../support/stored-torrent.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const { metainfo } = storedTorrent({
  pieceLength: 16_384,
  files: [
    ['a', 10],
    ['sub/b', 10],
    ['sub/c', 10],
    ['padding', 10],
    ['other/d', 10],
  ],
});

describe('scanFiles', () => {
  test('sees names and part files, with size and time', async () => {
    const folder = await makeTempFolder();
    await putFiles(folder, {
      'album/a': new Uint8Array(7),
      'album/sub/b.part': new Uint8Array(9),
      'album/sub/c': new Uint8Array(1),
      'album/sub/c.part': new Uint8Array(2),
    });
    const paths = new FilePaths(folder, metainfo);
    const found = scanFiles({ metainfo, paths });
    const { mtimeNs } = await stat(path.join(folder, 'album/a'), { bigint: true });
    expect(found[0]).toEqual({ name: { size: 7, mtimeNs: mtimeNs.toString() }, part: null });
    expect(found.map((file) => [file.name?.size, file.part?.size])).toEqual([
      [7, undefined],
      [undefined, 9],
      [1, 2],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(found.map((file) => countingStamp(file)?.size)).toEqual([7, 9, 2, undefined, undefined]);
    expect(countingPath(found[2], paths, 2)).toBe(path.join(folder, 'album/sub/c.part'));
    expect(countingPath(found[0], paths, 0)).toBe(path.join(folder, 'album/a'));
    expect(countingPath(found[4], paths, 4)).toBeNull();
    expect(scanFiles({ metainfo, paths, namesOnly: true })[2].part).toBeNull();
  });

  test('of an absent folder nothing is looked at', async () => {
    const folder = path.join(await makeTempFolder(), 'absent');
    let looks = 0;
    const lstatSync = ((file: string, options: { throwIfNoEntry: false }) => {
      looks++;
      return REAL_DISK.lstatSync(file, options);
    }) as typeof REAL_DISK.lstatSync;
    const found = scanFiles({ metainfo, paths: new FilePaths(folder, metainfo), disk: { ...REAL_DISK, lstatSync } });
    expect(found.every((file) => countingStamp(file) === null)).toBe(true);
    expect(looks).toBeLessThanOrEqual(4);
  });

  test('a topmost folder that is not there hides no file of another one, nor one that grows in the other tree', async () => {
    const folder = await makeTempFolder();
    const places = ['gone/a', 'here/sub/b', 'gone/sub/c', 'here/d', 'e', 'gone/f'].map((place) => place.split('/'));
    const files = places.map((place, index) => ({ path: place, length: 10, offset: 10 * index, isPadding: false }));
    const placed = { ...metainfo, files };
    await putFiles(folder, {
      'out/here/sub/b': new Uint8Array(1),
      'out/e': new Uint8Array(2),
      'parts/gone/f.part': new Uint8Array(3),
    });
    const [out, parts] = [path.join(folder, 'out'), path.join(folder, 'parts')];
    const sizes = (paths: FilePaths): unknown[] =>
      scanFiles({ metainfo: placed, paths }).map(({ name, part }) => name?.size ?? part?.size ?? null);
    expect(sizes(new FilePaths(out, placed))).toEqual([null, 1, null, null, 2, null]);
    expect(sizes(new FilePaths(out, placed, parts))).toEqual([null, 1, null, null, 2, 3]);
  });

  test('refuses a folder or a link in the place of a file', async () => {
    const folder = await makeTempFolder();
    const paths = new FilePaths(folder, metainfo);
    const refusal = (errno: string, file: string): unknown =>
      expect.objectContaining({ detail: { operation: 'open', path: path.join(folder, file), errno } });
    await mkdir(path.join(folder, 'album/a'), { recursive: true });
    expect(() => scanFiles({ metainfo, paths })).toThrow(refusal('EISDIR', 'album/a'));
    await mkdir(path.join(folder, 'album/sub'));
    await symlink('/etc/hostname', path.join(folder, 'album/sub/b.part'));
    const rest = { files: metainfo.files.map((file, index) => ({ ...file, isPadding: index === 0 || file.isPadding })) };
    expect(() => scanFiles({ metainfo: rest, paths })).toThrow(refusal('ELOOP', 'album/sub/b.part'));
  });

  test.runIf(process.platform !== 'win32')('refuses special files', async () => {
    const folder = await makeTempFolder();
    const disk = {
      ...REAL_DISK,
      lstatSync: ((file: string, options: object) => {
        return REAL_DISK.lstatSync(file.endsWith('/album') ? folder : '/dev/null', options);
      }) as typeof REAL_DISK.lstatSync,
    };
    expect(() => scanFiles({ metainfo, paths: new FilePaths(folder, metainfo), disk })).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ errno: 'ENOTREG' }) }),
    );
  });
});
