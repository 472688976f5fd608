import { describe, expect, test } from 'vitest';
import { StorageError } from '../../../src/model/error.js';
import { errnoOf, refuse, toStorageError } from '../../../src/storage/storage-failure.js';

describe('toStorageError', () => {
  test('says what failed, on what, why and what to do, and keeps the cause', () => {
    const cause = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const error = toStorageError('write', '/data/x.part', cause);
    expect(error).toBeInstanceOf(StorageError);
    expect(error.advice).toBe('Free some space and run it again: it goes on where it stopped.');
    expect(error.detail).toEqual({ operation: 'write', path: '/data/x.part', errno: 'ENOSPC' });
    expect(error.message).toBe('cannot write /data/x.part: no space left on the device (ENOSPC)');
    expect(error.cause).toBe(cause);
  });

  test('lets a StorageError pass as it is', () => {
    const inner = refuse('open', 'a', 'EISDIR');
    expect(toStorageError('write', 'b', inner)).toBe(inner);
  });

  test('has a name for errors without one', () => {
    expect(toStorageError('read', 'a', 'odd').detail.errno).toBe('EUNKNOWN');
    expect(toStorageError('read', 'a', new Error('strange')).message).toContain('strange');
  });

  test.each(['ENOSPC', 'EROFS', 'EACCES', 'EDQUOT', 'EIO', 'EMFILE', 'ELOOP'])('%s comes with advice of our own', (errno) => {
    const message = toStorageError('open', 'a', Object.assign(new Error('raw words'), { code: errno })).message;
    expect(message).not.toContain('raw words');
    expect(message).toContain(`(${errno})`);
  });
});

test('errnoOf reads the code of anything', () => {
  expect(errnoOf({ code: 'EIO' })).toBe('EIO');
  expect(errnoOf({ code: 5 })).toBe('EUNKNOWN');
  expect(errnoOf(null)).toBe('EUNKNOWN');
});
