import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { OpenFiles } from '../../../src/storage/open-files.js';

/** Descriptors that are only numbers, of which there are so many and no more. */
class Descriptors {
  available = 1000;
  readonly open = new Map<number, string>();
  closeErrno: string | null = null;
  /** What the thread pool is to open, until `answer`. */
  asked: (() => void)[] = [];
  #next = 100;

  readonly disk: Disk = {
    ...REAL_DISK,
    openSync: (path) => {
      if (this.open.size >= this.available) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      this.open.set(this.#next, String(path));
      return this.#next++;
    },
    open: ((path: string, _flags: number, _mode: number, done: (error: Error | null, fd: number) => void) => {
      this.asked.push(() => {
        try {
          done(null, this.disk.openSync(path, 0));
        } catch (error) {
          done(error as Error, -1);
        }
      });
    }) as unknown as Disk['open'],
    closeSync: (fd) => {
      if (!this.open.delete(fd)) throw new Error(`descriptor ${fd} was not open`);
      if (this.closeErrno !== null) throw Object.assign(new Error('late'), { code: this.closeErrno });
    },
  };

  /** The pool opens what it was asked for so far, and whoever waits for it goes on. */
  async answer(): Promise<void> {
    for (const open of this.asked.splice(0)) open();
    await setImmediate();
  }

  get paths(): string[] {
    return [...this.open.values()];
  }
}

let descriptors: Descriptors;

beforeEach(() => {
  descriptors = new Descriptors();
});

function openAndRelease(files: OpenFiles, path: string): ReturnType<OpenFiles['open']> {
  const file = files.open(path, true);
  files.release(file);
  return file;
}

describe('the limit', () => {
  test('closes the file that was not used for longest', () => {
    const files = new OpenFiles(4, descriptors.disk);
    const a = openAndRelease(files, 'a');
    for (const name of ['b', 'c', 'd']) openAndRelease(files, name);
    files.acquire(a);
    files.release(a);
    openAndRelease(files, 'e');
    expect(descriptors.paths).toEqual(['a', 'c', 'd', 'e']);
  });

  test('never closes a file in use, even if that means more than the limit', () => {
    const files = new OpenFiles(4, descriptors.disk);
    const used = ['a', 'b', 'c', 'd', 'e'].map((name) => files.open(name, true));
    expect(descriptors.open.size).toBe(5);
    for (const file of used) files.release(file);
    openAndRelease(files, 'f');
    expect(descriptors.open.size).toBe(4);
    expect(descriptors.paths).toContain('f');
  });

  test('gives way when the system has no descriptors, and stays lower', () => {
    const files = new OpenFiles(64, descriptors.disk);
    descriptors.available = 10;
    for (let i = 0; i < 30; i++) openAndRelease(files, `f${i}`);
    expect(descriptors.open.size).toBeLessThanOrEqual(10);
    expect(files.limit).toBeLessThan(11);
    descriptors.available = 1000;
    for (let i = 0; i < 30; i++) openAndRelease(files, `g${i}`);
    expect(files.size).toBe(files.limit);
  });

  test('with nothing left to close, running out is a StorageError that says what to do', () => {
    const files = new OpenFiles(64, descriptors.disk);
    descriptors.available = 2;
    files.open('a', true);
    files.open('b', true);
    expect(() => files.open('c', true)).toThrow(
      expect.objectContaining({
        detail: { operation: 'open', path: 'c', errno: 'EMFILE' },
        advice: expect.stringContaining('ulimit'),
      }),
    );
  });
});

describe('closing', () => {
  test('a file in use is closed by its last user', () => {
    const files = new OpenFiles(8, descriptors.disk);
    const file = files.open('a', true);
    files.acquire(file);
    files.close(file);
    expect(file.isOpen).toBe(false);
    files.release(file);
    expect(descriptors.open.size).toBe(1);
    files.release(file);
    expect(descriptors.open.size).toBe(0);
    files.close(file);
    expect(files.size).toBe(0);
  });

  test('an error that comes this late is still told', () => {
    const files = new OpenFiles(8, descriptors.disk);
    const file = openAndRelease(files, 'a');
    descriptors.closeErrno = 'EIO';
    expect(() => files.close(file)).toThrow(expect.objectContaining({ detail: { operation: 'close', path: 'a', errno: 'EIO' } }));
  });
});

describe('by the thread pool', () => {
  test('a file is opened and pinned like any other', async () => {
    const files = new OpenFiles(8, descriptors.disk);
    const opening = files.openLater('a', true);
    expect(files.size).toBe(0);
    await descriptors.answer();
    const file = await opening;
    expect(file).toMatchObject({ path: 'a', isWritable: true, users: 1, isOpen: true });
    files.release(file);
    files.close(file);
    expect(descriptors.open.size).toBe(0);
  });

  test('what is being opened counts: idle files give way to it, and the rest waits for one that is released', async () => {
    const files = new OpenFiles(4, descriptors.disk);
    const used = files.open('used', true);
    for (const name of ['a', 'b', 'c']) openAndRelease(files, name);
    const openings = ['d', 'e', 'f', 'g'].map((name) => files.openLater(name, true));
    expect(descriptors.paths).toEqual(['used']);
    expect(descriptors.asked).toHaveLength(3);
    await descriptors.answer();
    expect(descriptors.paths).toEqual(['used', 'd', 'e', 'f']);
    expect(descriptors.asked).toHaveLength(0);
    files.close(used);
    files.release(used);
    await setImmediate();
    expect(descriptors.paths).toEqual(['d', 'e', 'f']);
    await descriptors.answer();
    await Promise.all(openings);
    expect(descriptors.paths).toEqual(['d', 'e', 'f', 'g']);
  });

  test('one that fails makes room, and says why', async () => {
    const files = new OpenFiles(4, { ...descriptors.disk, open: failing(descriptors, 'EACCES') });
    const openings = ['a', 'b', 'c', 'd', 'e'].map((name) => files.openLater(name, true));
    const failures = Promise.allSettled(openings);
    expect(descriptors.asked).toHaveLength(4);
    await descriptors.answer();
    expect(descriptors.asked).toHaveLength(1);
    await descriptors.answer();
    expect((await failures).map((failure) => failure.status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
    await expect(openings[4]).rejects.toMatchObject({ detail: { operation: 'open', path: 'e', errno: 'EACCES' } });
  });

  test('gives way when the system has no descriptors, and stays lower', async () => {
    const files = new OpenFiles(64, descriptors.disk);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) openAndRelease(files, name);
    descriptors.available = 6;
    const opening = files.openLater('g', true);
    await descriptors.answer();
    await descriptors.answer();
    files.release(await opening);
    expect(descriptors.paths).toContain('g');
    expect(files.limit).toBe(5);
    expect(files.size).toBe(5);
  });

  test('waits for a file in use when there is none to give way', async () => {
    const files = new OpenFiles(64, descriptors.disk);
    descriptors.available = 1;
    const used = files.open('used', true);
    const opening = files.openLater('a', true);
    await descriptors.answer();
    expect(descriptors.asked).toHaveLength(0);
    files.release(used);
    await setImmediate();
    await descriptors.answer();
    // The released one has given way, at the first try or the second.
    await descriptors.answer();
    expect((await opening).path).toBe('a');
    expect(descriptors.paths).toEqual(['a']);
  });

  test('several that find no descriptor each try once, and fail', async () => {
    const files = new OpenFiles(64, descriptors.disk);
    descriptors.available = 0;
    const openings = Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => files.openLater(name, true)));
    await descriptors.answer();
    expect(descriptors.asked).toHaveLength(0);
    expect((await openings).map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'rejected'));
  });

  test('running out lowers the limit to what is open or on its way, and never raises it', async () => {
    const files = new OpenFiles(64, descriptors.disk);
    for (let i = 0; i < 10; i++) openAndRelease(files, `idle${i}`);
    descriptors.available = 10;
    const openings = ['a', 'b', 'c', 'd'].map((name) => files.openLater(name, true));
    while (descriptors.asked.length > 0) await descriptors.answer();
    await Promise.all(openings);
    expect(files.limit).toBe(6);
    const low = new OpenFiles(4, descriptors.disk);
    descriptors.available = 1000;
    for (let i = 0; i < 8; i++) low.openKept(`kept${i}`);
    descriptors.available = 0;
    const failure = expect(low.openLater('e', true)).rejects.toMatchObject({ detail: { errno: 'EMFILE' } });
    await descriptors.answer();
    await failure;
    expect(low.limit).toBe(4);
  });

  test('a kept file that is closed while it is read is waited for', async () => {
    const files = new OpenFiles(64, descriptors.disk);
    descriptors.available = 1;
    const kept = files.openKept('kept');
    files.acquire(kept);
    files.close(kept);
    files.release(kept);
    const opening = files.openLater('a', true);
    await descriptors.answer();
    files.release(kept);
    await setImmediate();
    await descriptors.answer();
    expect((await opening).path).toBe('a');
  });

  test('a file that is kept is waited for while it is read, and no longer: there may be more than the limit', async () => {
    const files = new OpenFiles(4, descriptors.disk);
    for (const name of ['a', 'b', 'c', 'd']) files.openKept(name);
    const read = files.openKept('read');
    files.acquire(read);
    const opening = files.openLater('e', true);
    await descriptors.answer();
    expect(descriptors.asked).toHaveLength(0);
    files.release(read);
    await setImmediate();
    await descriptors.answer();
    await opening;
    expect(descriptors.paths).toEqual(['a', 'b', 'c', 'd', 'read', 'e']);
  });

  test('with nothing to close and nothing to wait for, running out is a StorageError', async () => {
    const files = new OpenFiles(64, descriptors.disk);
    descriptors.available = 1;
    files.openKept('a');
    const opening = files.openLater('b', true);
    const failure = expect(opening).rejects.toMatchObject({ detail: { operation: 'open', path: 'b', errno: 'EMFILE' } });
    await descriptors.answer();
    await failure;
  });
});

/** The pool answers each opening with this failure. */
function failing(pool: Descriptors, errno: string): Disk['open'] {
  return ((_path: string, _flags: number, _mode: number, done: (error: Error, fd: number) => void) => {
    pool.asked.push(() => done(Object.assign(new Error(errno), { code: errno }), -1));
  }) as unknown as Disk['open'];
}
