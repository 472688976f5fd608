// Files that are no torrents, by their first bytes.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeForeignBytes } from '../../../src/cli/foreign-bytes.js';
import { describeError } from '../../../src/cli/report-error.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ['', 'it is empty. Get it again from where it came from.'],
  [
    '\uFEFF\n<!DOCTYPE html><title>404</title>',
    'it is a web page. Open it in a browser, and name the torrent file that it leads to.',
  ],
  ['magnet:?xt=urn:btih:00\n', 'it holds a magnet link. Name the link itself, or read it as a list with --input-file.'],
  ['\u007FELF', 'it does not begin like one. Check the name: is it the torrent file, or the data?'],
])('%j', (text, end) => {
  const error = describeForeignBytes(bytes(text), 'x', new Error('bencode'));
  expect(describeError(error).text).toBe(`effusion: error: x: not a usable torrent: ${end} (exit 3)`);
});

test('what begins like a torrent is told by whoever read on', () => {
  expect(describeForeignBytes(bytes('d4:infoe'), 'x', null)).toBeNull();
});

test('whatever it is, there is one line about it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), (any) => {
      const error = describeForeignBytes(any, 'x', null);
      expect(error === null ? 'x' : describeError(error).text).not.toContain('\n');
    }),
  );
});
