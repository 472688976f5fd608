// `--files` gets anything: a list of files in the torrent, without padding, or a UsageError.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { filesOfSpec, parseFileSpec, selectFiles } from '../../src/cli/file-spec.js';
import { UsageError } from '../../src/cli/usage-error.js';

const name = fc
  .oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[a-z0-9.*?[\]{}! ,-]{1,12}$/))
  .map((text) => text.replaceAll('/', '_'));
const torrents = fc.record({
  isSingleFile: fc.constant(false),
  files: fc.array(
    fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 4 }).map((below) => ['album', ...below]),
      isPadding: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  ),
});
const specs = fc.oneof(
  fc.string(),
  fc.stringMatching(/^!?[0-9,\- ]{1,12}$/),
  fc.stringMatching(/^!?[a-z*?/.[\](]{1,12}$/),
  fc.stringMatching(/^!?\/[a-z.*[\]()^$|+?]{1,10}\/i?$/),
);

function valueOf<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

test('any specs give files of the torrent, ascending and once each, or an error of usage', () => {
  fc.assert(
    fc.property(fc.array(specs, { minLength: 1, maxLength: 4 }), torrents, (texts, torrent) => {
      const parsed = texts.flatMap((text) => valueOf(() => parseFileSpec(text, '--files')) ?? []);
      if (parsed.length === 0) return;
      const chosen = valueOf(() => selectFiles(parsed, torrent));
      if (chosen === null) return;
      expect(chosen.length).toBeGreaterThan(0);
      expect(chosen).toEqual([...new Set(chosen)].toSorted((a, b) => a - b));
      for (const index of chosen) expect(torrent.files[index].isPadding).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test('a file is named by its own path, whatever is in it, and by its number', () => {
  fc.assert(
    fc.property(torrents, (torrent) => {
      const real = [...torrent.files.keys()].filter((index) => !torrent.files[index].isPadding);
      for (const [at, index] of real.entries()) {
        expect(filesOfSpec(parseFileSpec(`${at + 1}`, '--files'), torrent)).toEqual([index]);
        const path = torrent.files[index].path.slice(1).join('/');
        // A name may look like a number, an exclusion or a folder.
        if (/^[!\s\d,-]|^\.?\/|\/$|^\/[^]*\/[a-z]*$/.test(path)) continue;
        expect(filesOfSpec(parseFileSpec(path, '--files'), torrent)).toContain(index);
      }
    }),
  );
});

test('an exclusion is the complement', () => {
  fc.assert(
    fc.property(specs, torrents, (text, torrent) => {
      if (text.startsWith('!')) return;
      const named = valueOf(() => selectFiles([parseFileSpec(text, '--files')], torrent));
      if (named === null) return;
      const others = valueOf(() => selectFiles([parseFileSpec(`!${text}`, '--files')], torrent)) ?? [];
      const real = [...torrent.files.keys()].filter((index) => !torrent.files[index].isPadding);
      expect([...named, ...others].toSorted((a, b) => a - b)).toEqual(real);
    }),
  );
});
