// Heads of answers from any web server: whatever stands in them, a body is taken only where it is the range, or the file, that was asked
// for, and waits are bounded.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeReply, parseContentRange, parseRetryAfter } from '../../src/net/web-seed-reply.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.tuple(fc.nat(300), fc.nat(300), fc.nat(300)).map(([from, to, total]) => `bytes ${from}-${to}/${total}`),
  fc.nat(2000).map(String),
  fc.constantFrom('gzip', 'identity', 'bytes */*', 'bytes 0-', 'Thu, 01 Jan 2026 00:01:00 GMT'),
);
const headers = fc.dictionary(
  fc.constantFrom('content-range', 'content-length', 'content-encoding', 'retry-after', 'content-type'),
  fc.oneof(text, fc.array(text, { maxLength: 3 })),
);
const wanted = fc
  .tuple(fc.nat(100), fc.integer({ min: 1, max: 100 }), fc.nat(100), fc.boolean())
  .map(([from, length, rest, isRange]) => ({ from, length, fileLength: from + length + rest, isRange }));

test('a body that is taken is the one that was asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), headers, wanted, (status, given, what) => {
      const verdict = judgeReply(status, given, what, 0);
      if (verdict.type === 'failed') {
        expect(verdict.retryAfterMs ?? 0).toBeLessThanOrEqual(24 * 3_600_000);
        expect(verdict.retryAfterMs ?? 0).toBeGreaterThanOrEqual(0);
        return;
      }
      const length = what.isRange && verdict.type === 'body' ? what.length : what.fileLength;
      const said = given['content-length'];
      if (typeof said === 'string' && /^\d+$/.test(said.trim())) expect(Number(said)).toBe(length);
      if (status === 206) {
        const range = parseContentRange(String(given['content-range']));
        expect(range).toMatchObject({ from: what.from, to: what.from + what.length - 1 });
        expect(what.isRange).toBe(true);
      } else expect([status, verdict.type]).toEqual([200, what.isRange ? 'no-ranges' : 'body']);
      if (verdict.type === 'body') expect(verdict.length).toBe(length);
    }),
  );
});

test('any text is a range or none, a wait or none', () => {
  fc.assert(
    fc.property(text, fc.nat(), (any, now) => {
      const range = parseContentRange(any);
      if (range !== null) expect(range.from <= range.to && (range.total === null || range.to < range.total)).toBe(true);
      const wait = parseRetryAfter(any, now);
      if (wait !== null) expect(wait >= 0 && wait <= 24 * 3_600_000).toBe(true);
    }),
  );
});

test('a right answer is taken, whatever the file', () => {
  fc.assert(
    fc.property(wanted, (what) => {
      const to = what.from + what.length - 1;
      const given = { 'content-range': `bytes ${what.from}-${to}/${what.fileLength}`, 'content-length': String(what.length) };
      expect(judgeReply(206, given, { ...what, isRange: true }, 0)).toEqual({ type: 'body', length: what.length });
    }),
  );
});
