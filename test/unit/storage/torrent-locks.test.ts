// The locks of a torrent: thousands of names at the top of a folder, two folders, and what killed runs have left.

import { readdirSync } from 'node:fs';
import { stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/model/random.js';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { lockFileName } from '../../../src/storage/folder-lock.js';
import { ownIdentity } from '../../../src/storage/lock-owner.js';
import { TorrentLocks, type TorrentLocksOptions } from '../../../src/storage/torrent-locks.js';
import { makeTempFolder } from '../../support/temp-folder.js';

/** A process number that no system hands out. */
const DEAD_PID = 2 ** 30;
const IN_USE = expect.objectContaining({ detail: expect.objectContaining({ errno: 'EINUSE' }) as unknown }) as Error;

function acquire(folder: string, options: Partial<TorrentLocksOptions> & Pick<TorrentLocksOptions, 'ownName'>): TorrentLocks {
  return TorrentLocks.acquire({
    folders: [folder],
    names: ['album'],
    maxLockedNames: 4,
    startedAt: 'today',
    command: 'effusion download',
    ...options,
  });
}

const names = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => `file ${from + index}`);

async function leaveLock(folder: string, name: string, owner: Record<string, unknown>): Promise<void> {
  const text = JSON.stringify({ host: hostname(), startTicks: '1', startedAt: 'then', command: 'effusion download', ...owner });
  await writeFile(path.join(folder, lockFileName(name)), text);
}

describe('more names than there are locks for', () => {
  test.each([
    ['two such torrents', names(9, 10), names(0, 10)],
    ['one that comes after a torrent of a single name', ['file 9'], names(0, 10)],
    ['one that comes before it', names(0, 10), ['file 9']],
    ['two that share one of the first', names(0, 10), ['x', 'y', 'file 1']],
  ])('%s do not both get a name', async (_, first, second) => {
    const folder = await makeTempFolder();
    const locks = acquire(folder, { ownName: 'first', names: first });
    const before = readdirSync(folder).toSorted();
    expect(before).toHaveLength(Math.min(first.length, 4) + 1);
    expect(() => acquire(folder, { ownName: 'second', names: second })).toThrow(IN_USE);
    expect(readdirSync(folder).toSorted()).toEqual(before);
    locks.releaseSync();
    expect(readdirSync(folder)).toEqual([]);
    acquire(folder, { ownName: 'second', names: second }).releaseSync();
  });

  test('the refusal names what they share, and who has it', async () => {
    const folder = await makeTempFolder();
    const locks = acquire(folder, { ownName: 'first', names: names(9, 10) });
    expect(() => acquire(folder, { ownName: 'second', names: names(0, 10) })).toThrow(
      new RegExp(`^"file 9" in .* is in use by process ${process.pid} \\(effusion download, since today\\)`),
    );
    locks.releaseSync();
  });

  test('others go on beside each other', async () => {
    const folder = await makeTempFolder();
    const all = [names(0, 10), names(10, 10), ['album'], ['other']].map((own, index) =>
      acquire(folder, { ownName: `torrent ${index}`, names: own }),
    );
    for (const locks of all) {
      locks.touch();
      locks.releaseSync();
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('in every folder, or in none', async () => {
  const [folder, other] = [await makeTempFolder(), await makeTempFolder()];
  const locks = acquire(other, { ownName: 'album (01234567)' });
  expect(() => acquire(folder, { ownName: 'album (01234567)', folders: [folder, other] })).toThrow(IN_USE);
  expect(readdirSync(folder)).toEqual([]);
  locks.releaseSync();
});

describe('locks that were left', () => {
  test('by killed runs are gone, of whatever torrent and placement', async () => {
    const folder = await makeTempFolder();
    await leaveLock(folder, 'where it was placed then', { pid: DEAD_PID });
    await leaveLock(folder, 'other (01234567)', { pid: DEAD_PID, names: ['01234567'] });
    const locks = acquire(folder, { ownName: 'album (01234567)' });
    expect(readdirSync(folder).toSorted()).toEqual(['album', 'album (01234567)'].map(lockFileName).toSorted());
    locks.releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('and may be somebody else’s stay: of another machine, of a live process, or no lock at all', async () => {
    const folder = await makeTempFolder();
    await leaveLock(folder, 'elsewhere', { pid: DEAD_PID, host: 'elsewhere' });
    await leaveLock(folder, 'alive', { pid: process.pid, startTicks: null });
    await writeFile(path.join(folder, lockFileName('garbage')), '{"pid":');
    acquire(folder, { ownName: 'album (01234567)' }).releaseSync();
    expect(readdirSync(folder).toSorted()).toEqual(['elsewhere', 'alive', 'garbage'].map(lockFileName).toSorted());
  });

  test('with a list of names that is not one are passed over', async () => {
    const folder = await makeTempFolder();
    await leaveLock(folder, 'alive', { pid: process.pid, startTicks: null, names: [1, null, 'album', { length: 3 }] });
    acquire(folder, { ownName: 'album (01234567)' }).releaseSync();
  });
});

/** From its step `last` on the process is gone, whatever the code still tries; `isReached` says whether it came to that. */
function killedAt(last: number): { readonly disk: Disk; readonly isReached: () => boolean } {
  let steps = 0;
  const guard = (call: unknown): never =>
    ((...args: unknown[]): unknown => {
      if (++steps > last) throw Object.assign(new Error('killed'), { code: 'EKILLED' });
      return (call as (...all: unknown[]) => unknown)(...args);
    }) as never;
  const disk: Disk = {
    ...REAL_DISK,
    writeFileSync: guard(REAL_DISK.writeFileSync),
    linkSync: guard(REAL_DISK.linkSync),
    unlinkSync: guard(REAL_DISK.unlinkSync),
    renameSync: guard(REAL_DISK.renameSync),
  };
  return { disk, isReached: () => steps > last };
}

describe('a run that is killed while it takes its locks', () => {
  const killed = { ...ownIdentity(), pid: DEAD_PID, startTicks: '1' };

  /** Nothing here yet; a dead lock to be replaced; one to be removed. */
  async function before(what: string): Promise<string> {
    const folder = await makeTempFolder();
    if (what === 'a lock of the same name') await leaveLock(folder, 'album', { pid: DEAD_PID });
    if (what === 'a lock of another name') await leaveLock(folder, 'other', { pid: DEAD_PID });
    return folder;
  }

  test.each(['nothing', 'a lock of the same name', 'a lock of another name'])(
    'leaves nothing that the next one does not sweep, whatever its last step was: %s is there',
    async (what) => {
      let killings = 0;
      for (let last = 0; ; last++) {
        const folder = await before(what);
        const { disk, isReached } = killedAt(last);
        try {
          acquire(folder, { ownName: 'album (01234567)', identity: killed, disk });
        } catch {
          // It was killed.
        }
        if (!isReached()) break;
        killings++;
        const locks = acquire(folder, { ownName: 'album (01234567)' });
        const ours = ['album', 'album (01234567)'].map(lockFileName).toSorted();
        expect([last, readdirSync(folder).toSorted()]).toEqual([last, ours]);
        locks.releaseSync();
        expect([last, readdirSync(folder)]).toEqual([last, []]);
      }
      expect(killings).toBeGreaterThan(5);
    },
  );

  test.each(Array.from({ length: 20 }, (_, seed) => seed))('and so do several in a row, seed %i', async (seed) => {
    const random = createRandom(seed);
    const folder = await before('a lock of another name');
    for (let run = 0; run < 4; run++) {
      try {
        acquire(folder, { ownName: 'album (01234567)', identity: killed, disk: killedAt(1 + random.below(16)).disk });
      } catch {
        // It was killed.
      }
    }
    acquire(folder, { ownName: 'album (01234567)' }).releaseSync();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('what lies beside locks', () => {
  const beside = [`${lockFileName('other')}.01234567`, `${lockFileName('other')}.new-89abcdef`];
  const put = (folder: string, text: string): Promise<void[]> =>
    Promise.all(beside.map((name) => writeFile(path.join(folder, name), text)));
  const take = (folder: string): void => acquire(folder, { ownName: 'album (01234567)' }).releaseSync();

  test('of a process that lives stays', async () => {
    const folder = await makeTempFolder();
    await put(folder, JSON.stringify(ownIdentity()));
    take(folder);
    expect(readdirSync(folder).toSorted()).toEqual(beside);
  });

  test('half written: stays while somebody may be at it, and goes when that is a minute ago', async () => {
    const folder = await makeTempFolder();
    await put(folder, '{"pid":');
    take(folder);
    expect(readdirSync(folder).toSorted()).toEqual(beside);
    for (const name of beside) {
      const at = (await stat(path.join(folder, name))).mtimeMs / 1000 - 90;
      await utimes(path.join(folder, name), at, at);
    }
    take(folder);
    expect(readdirSync(folder)).toEqual([]);
  });
});
