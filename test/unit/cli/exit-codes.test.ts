import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EXIT, EXIT_CODES, exitCodeOf, formatExitCodes, formatExitCodesMarkdown } from '../../../src/cli/exit-codes.js';

test('every code stands once, in order', () => {
  const codes = EXIT_CODES.map((entry) => entry.code);
  expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 124, 129, 130, 143]);
});

test('the names in code and the table are the same codes', () => {
  const codes = EXIT_CODES.map((entry) => entry.code);
  expect(Object.values(EXIT).toSorted((a, b) => a - b)).toEqual(codes);
});

test.each([
  ['usage_error', 2],
  ['invalid_metainfo', 3],
  ['torrent_unreadable', 3],
  ['no_metadata', 4],
  ['no_peers', 5],
  ['torrent_unreachable', 6],
  ['stalled', 7],
  ['port_taken', 8],
  ['storage_failed', 9],
  ['sources_exhausted', 10],
  ['data_incomplete', 10],
  ['hook_failed', 12],
  ['timed_out', 124],
  ['session_crashed', 1],
  ['anything else', 1],
])('%s exits with %i', (cause, code) => expect(exitCodeOf(cause)).toBe(code));

test('help and README name every code with its meaning', () => {
  for (const entry of EXIT_CODES) {
    expect(formatExitCodes()).toContain(entry.meaning);
    expect(formatExitCodesMarkdown()).toContain(`| ${entry.code} | ${entry.name} | ${entry.meaning}`);
  }
});

test('the README has this very table', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(formatExitCodesMarkdown());
});
