// Whatever stands in a list of torrents: items that are called something printable, or our error.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseList } from '../../src/cli/torrent-list.js';
import { UsageError } from '../../src/cli/usage-error.js';
import { CONFIG } from '../../src/engine/config.js';

const line = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', '#', '# x', '-', 'magnet:?', 'magnet:?xt=urn:btih:', 'http://', 'a.torrent', '\u202E\u2028name'),
  fc
    .string({ unit: 'grapheme', maxLength: 300 })
    .map((text) => `magnet:?xt=urn:btih:${'a'.repeat(40)}&dn=${encodeURIComponent(text)}`),
);

test('text and bytes of any kind', () => {
  const text = fc.array(line, { maxLength: 20 }).map((lines) => new TextEncoder().encode(lines.join('\n')));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), text), (content) => {
      let items;
      try {
        items = parseList(new Uint8Array(content), 'list');
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        return;
      }
      expect(items.length).toBeLessThanOrEqual(CONFIG.cli.maxTorrents + 1);
      for (const { text: written, label, origin } of items) {
        expect(written.trim()).toBe(written);
        expect(written).not.toMatch(/^#|^$/);
        expect(label).not.toMatch(/[\p{Cc}\u202A-\u202E\u2028\u2029]/u);
        expect(origin).toMatch(/^list line \d+$/);
      }
    }),
    { numRuns: 500 },
  );
});
