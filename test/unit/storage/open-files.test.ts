import { beforeEach, describe, expect, test } from 'vitest';
import { type Disk, REAL_DISK } from '../../../src/storage/disk.js';
import { OpenFiles } from '../../../src/storage/open-files.js';

/** Descriptors that are only numbers, of which there are so many and no more. */
class Descriptors {
  available = 1000;
  readonly open = new Map<number, string>();
  closeErrno: string | null = null;
  #next = 100;

  readonly disk: Disk = {
    ...REAL_DISK,
    openSync: (path) => {
      if (this.open.size >= this.available) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      this.open.set(this.#next, String(path));
      return this.#next++;
    },
    closeSync: (fd) => {
      if (!this.open.delete(fd)) throw new Error(`descriptor ${fd} was not open`);
      if (this.closeErrno !== null) throw Object.assign(new Error('late'), { code: this.closeErrno });
    },
  };

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
