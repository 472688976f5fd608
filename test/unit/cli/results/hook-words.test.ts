// What a shell would make of the words, held against a real one.

import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { splitWords } from '../../../../src/cli/results/hook-words.js';
import { UsageError } from '../../../../src/cli/usage-error.js';

describe('as sh cuts them', () => {
  test.each([
    'one two  three',
    '  one\ttwo\n',
    `'a b' "c d" e\\ f`,
    `a'b'"c"d`,
    `one '' ""`,
    `"a\\"b" "a\\\\b" "a\\nb" "a\\'b"`,
    `'a\\nb' a\\nb`,
    `"it's" 'say "hi"'`,
    'join\\\ned',
    '"join\\\ned"',
    `"\\$HOME" '$HOME' \\$HOME`,
    '日本 "ü ü"',
  ])('%j', (text) => {
    const shell = spawnSync('/bin/sh', ['-c', `printf '%s\\0' ${text.replaceAll(/\s+$/g, '')}`], { encoding: 'utf8' });
    expect(splitWords(text, '--exec')).toEqual(shell.stdout.split('\0').slice(0, -1));
  });
});

test('nothing else of a shell means anything', () => {
  expect(splitWords('a $HOME `id` $(id) *.txt ~ a;b &&c | d > e # f', '--exec')).toEqual(
    'a $HOME `id` $(id) *.txt ~ a;b &&c | d > e # f'.split(' '),
  );
});

test.each(['', '   ', "'", '"', 'a\\', "a 'b", '"a\\"', "''", "'' a", 'a\0b'])('%j is refused', (text) => {
  expect(() => splitWords(text, '--exec')).toThrow(UsageError);
});
