import { expect, test } from 'vitest';
import { parseProcStat } from '../../../src/cli/foreground.js';

test('groups are read behind the name, which may hold anything', () => {
  expect(parseProcStat('4242 (a) b (c)) S 1 4240 4240 34816 4250 4194304 100')).toEqual([4240, 4250]);
  expect(parseProcStat('garbage')).toBeNull();
});
