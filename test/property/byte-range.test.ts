// Whatever a Range header says: a range within the file, the word that there is none of it, or nothing; never an exception.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRangeHeader } from '../../src/model/byte-range.js';

const header = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('0', '1', '9', '-', ',', ' ', '=', 'b') }).map((text) => `bytes=${text}`),
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
);

test('a range lies in the file', () => {
  fc.assert(
    fc.property(header, fc.nat(), (text, length) => {
      const range = parseRangeHeader(text, length);
      if (range === null || range === 'unsatisfiable') return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThan(range.start);
      expect(range.end).toBeLessThanOrEqual(length);
    }),
    { numRuns: 2000 },
  );
});
