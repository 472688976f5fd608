// Whatever is asked of the file server: an answer with headers that can be sent, a range within the file, never an exception.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { respondTo } from '../../src/io/file-server/file-response.js';

const word = fc.string({ unit: 'binary' });
const headers = fc.dictionary(
  fc.constantFrom('host', 'range', 'if-range', 'if-match', 'if-none-match'),
  fc.oneof(word, fc.constant('127.0.0.1:80')),
);

test('every request has its answer', () => {
  const request = fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'HEAD'), word),
    url: fc.oneof(fc.constantFrom('/', '/1/x'), word),
    headers: headers.map((given) => ({ host: '127.0.0.1:80', ...given })),
  });
  fc.assert(
    fc.property(request, word, fc.nat(), (asked, path, length) => {
      const shown = { path, size: path };
      const answer = respondTo(asked, [{ number: 1, path, length, tag: 'a-1', shown }], { title: path, summary: path }, 80);
      for (const value of Object.values(answer.headers)) expect(value).toMatch(/^[\x20-\x7e]+$/);
      if (asked.method === 'HEAD') expect([answer.body, answer.status === 206]).toEqual([null, false]);
      if (answer.body === null || typeof answer.body === 'string') return;
      const { start, end } = answer.body.range;
      expect(start < end && end <= length).toBe(true);
      expect(answer.headers['Content-Length']).toBe(String(end - start));
    }),
    { numRuns: 2000 },
  );
});
