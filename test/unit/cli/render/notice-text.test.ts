import { expect, test } from 'vitest';
import { describeNotice } from '../../../../src/cli/render/notice-text.js';

const lacks = (lacking: number): string | null =>
  describeNotice({
    type: 'web-seed-lacks',
    name: 'http://w/\u001B',
    file: 0,
    lacking,
    fileCount: 3000,
    reason: 'refused',
    status: 404,
  });

test('files that a web seed lacks: the first is told, then each doubling', () => {
  expect(lacks(2)).toMatch(/^web seed http:\/\/w\/\S* lacks 2 of 3000 files \(HTTP status 404\)$/);
  expect(lacks(2)).not.toContain('\u001B');
  const told = Array.from({ length: 100 }, (_, index) => index + 1).filter((count) => lacks(count) !== null);
  expect(told).toEqual([1, 2, 4, 8, 16, 32, 64]);
});
