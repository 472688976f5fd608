import { expect, test } from 'vitest';
import { errnoOf, fileReason } from '../../../src/cli/file-reason.js';

const failure = (code: string): Error => Object.assign(new Error(`${code}: said by the system, open 'x'`), { code });

test('what is known has our words, with the code of the system', () => {
  expect(fileReason(failure('ENOENT'))).toBe('there is no such file (ENOENT)');
  expect(errnoOf(failure('ENOENT'))).toBe('ENOENT');
});

test('anything else is told as it is', () => {
  expect(fileReason(failure('EBUSY'))).toBe("EBUSY: said by the system, open 'x'");
  expect(fileReason(failure('constructor'))).toMatch(/^constructor: said/);
  expect([fileReason('broken'), errnoOf('broken')]).toEqual(['broken', '']);
});
