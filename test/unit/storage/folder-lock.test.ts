import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { REAL_DISK } from '../../../src/storage/disk.js';
import { FolderLock, lockFileName, nameDigest } from '../../../src/storage/folder-lock.js';
import { readPidNamespace, readStartTicks } from '../../../src/storage/process-identity.js';
import { makeTempFolder } from '../../support/temp-folder.js';

const OWNER = { name: 'album', startedAt: '2026-01-02T03:04:05Z', command: 'effusion download' };

/** A process number that no system hands out. */
const DEAD_PID = 2 ** 30;

async function leaveLock(folder: string, content: string): Promise<void> {
  await writeFile(path.join(folder, lockFileName('album')), content);
}

function lockJson(owner: Record<string, unknown>): string {
  return JSON.stringify({ host: hostname(), startTicks: '1', startedAt: 'then', command: 'effusion download', ...owner });
}

describe('taking the lock', () => {
  test('makes the folder, and one hidden file of ours in it', async () => {
    const folder = path.join(await makeTempFolder(), 'new');
    const lock = FolderLock.acquire({ ...OWNER, folder });
    expect(readdirSync(folder)).toEqual([lockFileName('album')]);
    expect(lockFileName('album')).toMatch(/^\.effusion-[0-9a-f]{8}\.lock$/);
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({
      pid: process.pid,
      host: hostname(),
      command: OWNER.command,
    });
    lock.releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is refused while somebody holds it, and says who', async () => {
    const folder = await makeTempFolder();
    const lock = FolderLock.acquire({ ...OWNER, folder });
    const failure = { operation: 'lock', path: lock.path, errno: 'EINUSE' };
    expect(() => FolderLock.acquire({ ...OWNER, folder })).toThrow(
      expect.objectContaining({
        detail: failure,
        message: expect.stringMatching(new RegExp(`process ${process.pid} .*2026-01-02`)),
      }),
    );
    expect(readdirSync(folder)).toEqual([lockFileName('album')]);
    lock.releaseSync();
    FolderLock.acquire({ ...OWNER, folder }).releaseSync();
  });

  test('other names in the folder have locks of their own', async () => {
    const folder = await makeTempFolder();
    const first = FolderLock.acquire({ ...OWNER, folder });
    const second = FolderLock.acquire({ ...OWNER, folder, name: 'other' });
    first.releaseSync();
    second.releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['of a process that is gone', lockJson({ pid: DEAD_PID })],
    ['of a number that belongs to somebody else by now', lockJson({ pid: process.pid, startTicks: '1' })],
  ])('a lock %s is taken over', async (_what, content) => {
    const folder = await makeTempFolder();
    await leaveLock(folder, content);
    if (content.includes(`"pid":${process.pid}`) && readStartTicks(process.pid) === null) return;
    const lock = FolderLock.acquire({ ...OWNER, folder });
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: process.pid, startedAt: OWNER.startedAt });
    expect(readdirSync(folder)).toEqual([lockFileName('album')]);
    lock.releaseSync();
  });

  test.each([
    ['that is empty', ''],
    ['that is garbage', '{"pid":'],
    ['with a nonsensical number', lockJson({ pid: -5 })],
    ['that is another kind of JSON', '[1,2]'],
  ])('a lock %s may be one that is just being written: it counts for a minute', async (_what, content) => {
    const folder = await makeTempFolder();
    await leaveLock(folder, content);
    expect(() => FolderLock.acquire({ ...OWNER, folder })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/in use by another process/),
        advice: expect.stringMatching(/for a minute: try again then, or remove .*\.lock\.$/),
      }),
    );
    const location = path.join(folder, lockFileName('album'));
    const at = (await stat(location)).mtimeMs / 1000 - 61;
    await utimes(location, at, at);
    const lock = FolderLock.acquire({ ...OWNER, folder });
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: process.pid, startedAt: OWNER.startedAt });
    lock.releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['a folder', (location: string) => mkdir(location)],
    ['a pipe', (location: string) => promisify(execFile)('mkfifo', [location])],
    ['a link', (location: string) => symlink('/dev/zero', location)],
  ])('what is no file is no lock: %s', async (what, make) => {
    if (process.platform === 'win32' && what !== 'a folder') return;
    const folder = await makeTempFolder();
    const location = path.join(folder, lockFileName('album'));
    await make(location);
    expect(() => FolderLock.acquire({ ...OWNER, folder })).toThrow(
      expect.objectContaining({ detail: { operation: 'lock', path: location, errno: 'ENOTREG' } }),
    );
    expect(readdirSync(folder)).toEqual([lockFileName('album')]);
  });

  test('a link that is made although the answer to that was lost is the lock', async () => {
    const folder = await makeTempFolder();
    const linkSync: typeof REAL_DISK.linkSync = (from, to) => {
      REAL_DISK.linkSync(from, to);
      throw Object.assign(new Error('done already'), { code: 'EEXIST' });
    };
    FolderLock.acquire({ ...OWNER, folder, disk: { ...REAL_DISK, linkSync } }).releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a lock of another machine is respected, and the advice says how to get rid of it', async () => {
    const folder = await makeTempFolder();
    await leaveLock(folder, lockJson({ pid: DEAD_PID, host: 'elsewhere' }));
    expect(() => FolderLock.acquire({ ...OWNER, folder })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/on elsewhere /),
        advice: expect.stringMatching(/remove .*\.lock\.$/),
      }),
    );
  });

  test.each([
    ['of another machine', { host: 'elsewhere' }],
    ['of another container on this one', { pidNamespace: 'pid:[1]', pid: process.pid, startTicks: null }],
  ])('a lock %s is held while it is touched, and nobody’s after a minute of silence', async (_what, owner) => {
    if (readPidNamespace() === null && !('host' in owner)) return;
    const folder = await makeTempFolder();
    await leaveLock(folder, lockJson({ pid: DEAD_PID, ...owner }));
    const location = path.join(folder, lockFileName('album'));
    const setAge = async (seconds: number): Promise<void> => {
      const at = (await stat(folder)).mtimeMs / 1000 - seconds;
      await utimes(location, at, at);
    };
    await setAge(40);
    expect(() => FolderLock.acquire({ ...OWNER, folder })).toThrow('is in use');
    await setAge(90);
    const lock = FolderLock.acquire({ ...OWNER, folder });
    expect(JSON.parse(await readFile(lock.path, 'utf8'))).toMatchObject({ pid: process.pid, pidNamespace: readPidNamespace() });
    await utimes(location, 5, 5);
    lock.touch();
    expect((await stat(location)).mtimeMs).toBeGreaterThan(5000);
    expect(() => FolderLock.acquire({ ...OWNER, folder })).toThrow('is in use');
    lock.releaseSync();
    lock.touch();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder that is a link to itself is a StorageError', async () => {
    const link = path.join(await makeTempFolder(), 'link');
    await symlink(link, link);
    expect(() => FolderLock.acquire({ ...OWNER, folder: link })).toThrow(
      expect.objectContaining({ detail: { operation: 'mkdir', path: link, errno: 'ELOOP' } }),
    );
  });

  test('whoever comes second while a dead lock is being replaced does not get it', async () => {
    const folder = await makeTempFolder();
    await leaveLock(folder, lockJson({ pid: DEAD_PID }));
    let winner: FolderLock | null = null;
    // The other one comes in just after this one has judged the lock, and is quicker.
    const disk = {
      ...REAL_DISK,
      readFileSync: ((file: string, encoding: 'utf8') => {
        const text = REAL_DISK.readFileSync(file, encoding);
        winner ??= FolderLock.acquire({ ...OWNER, folder });
        return text;
      }) as typeof REAL_DISK.readFileSync,
    };
    expect(() => FolderLock.acquire({ ...OWNER, folder, disk })).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ errno: 'EINUSE' }) }),
    );
    expect(readdirSync(folder)).toEqual([lockFileName('album')]);
    (winner as FolderLock | null)?.releaseSync();
  });

  test('whoever judged the claim of a killed run does not do away with the claim that came in its place', async () => {
    const folder = await makeTempFolder();
    const stale = lockJson({ pid: DEAD_PID });
    await leaveLock(folder, stale);
    const claim = path.join(folder, `${lockFileName('album')}.${nameDigest(stale)}`);
    const left = lockJson({ pid: DEAD_PID, startedAt: 'later' });
    await writeFile(claim, left);
    let slow: unknown = null;
    const renameSync: typeof REAL_DISK.renameSync = (from, to) => {
      // The slow one has read the claim before the quick one took it over, and goes on when that one is about to take the lock.
      let hasRead = false;
      const readFileSync = ((file: string, encoding: 'utf8') => {
        if (file !== claim || hasRead) return REAL_DISK.readFileSync(file, encoding);
        hasRead = true;
        return left;
      }) as typeof REAL_DISK.readFileSync;
      try {
        slow = FolderLock.acquire({ ...OWNER, folder, disk: { ...REAL_DISK, readFileSync } });
      } catch (error) {
        slow = error;
      }
      expect(hasRead).toBe(true);
      REAL_DISK.renameSync(from, to);
    };
    const lock = FolderLock.acquire({ ...OWNER, folder, disk: { ...REAL_DISK, renameSync } });
    expect(slow).toMatchObject({ detail: { errno: 'EINUSE' } });
    expect(readdirSync(folder)).toEqual([lockFileName('album')]);
    lock.releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('without hard links, one that is there but not written yet is somebody’s', async () => {
    const folder = await makeTempFolder();
    const linkSync = (): never => {
      throw Object.assign(new Error('no links'), { code: 'EPERM' });
    };
    let second: unknown = null;
    const writeFileSync = ((file: string, content: string, options: { flag: string }) => {
      if (options.flag !== 'wx') {
        REAL_DISK.writeFileSync(file, content, options);
        return;
      }
      const fd = REAL_DISK.openSync(file, 'wx');
      try {
        FolderLock.acquire({ ...OWNER, folder, disk: { ...REAL_DISK, linkSync } });
      } catch (error) {
        second = error;
      }
      REAL_DISK.writeSync(fd, content);
      REAL_DISK.closeSync(fd);
    }) as typeof REAL_DISK.writeFileSync;
    FolderLock.acquire({ ...OWNER, folder, disk: { ...REAL_DISK, linkSync, writeFileSync } }).releaseSync();
    expect(second).toMatchObject({ detail: { errno: 'EINUSE' } });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('works on file systems without hard links', async () => {
    const folder = await makeTempFolder();
    const disk = {
      ...REAL_DISK,
      linkSync: () => {
        throw Object.assign(new Error('no links'), { code: 'EPERM' });
      },
    };
    const lock = FolderLock.acquire({ ...OWNER, folder, disk });
    expect(() => FolderLock.acquire({ ...OWNER, folder, disk })).toThrow('is in use');
    lock.releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder that cannot be written to is a StorageError with the system’s reason', async () => {
    const folder = await makeTempFolder();
    const disk = {
      ...REAL_DISK,
      writeFileSync: () => {
        throw Object.assign(new Error('no'), { code: 'EROFS' });
      },
    };
    expect(() => FolderLock.acquire({ ...OWNER, folder, disk })).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ operation: 'lock', errno: 'EROFS' }) }),
    );
  });
});

describe('releasing the lock', () => {
  test('may be done twice, and leaves somebody else’s alone', async () => {
    const folder = await makeTempFolder();
    const lock = FolderLock.acquire({ ...OWNER, folder });
    await leaveLock(folder, lockJson({ pid: 1 }));
    lock.releaseSync();
    lock.releaseSync();
    expect(readdirSync(folder)).toEqual([lockFileName('album')]);
  });
});
