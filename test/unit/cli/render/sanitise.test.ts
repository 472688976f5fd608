import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatJson, sanitise, sanitiseLines } from '../../../../src/cli/render/sanitise.js';

// Written as escapes: control, format, line and paragraph separators, surrogates.
const DANGEROUS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/u;

describe('sanitise', () => {
  test.each([
    ['plain name.iso', 'plain name.iso'],
    ['\u001B]0;title\u0007x', '\uFFFD]0;title\uFFFDx'],
    ['\u001B[2J', '\uFFFD[2J'],
    ['\u009B2J', '\uFFFD2J'],
    ['a\u007Fb', 'a\uFFFDb'],
    ['line\nfeed\r', 'line\uFFFDfeed\uFFFD'],
    ['photo\u202Egnp.exe', 'photo\uFFFDgnp.exe'],
    ['\u2066x\u2069', '\uFFFDx\uFFFD'],
    ['zero\u200Bwidth\uFEFF', 'zero\uFFFDwidth\uFFFD'],
    ['half \uD83D of it', 'half \uFFFD of it'],
    ['東京 🎉 übermaß', '東京 🎉 übermaß'],
  ])('%j', (text, expected) => expect(sanitise(text)).toBe(expected));

  test('a long text loses its middle and keeps its ending', () => {
    const short = sanitise(`${'a'.repeat(500)}.exe`, 40);
    expect(Array.from(short)).toHaveLength(40);
    expect(short.endsWith('.exe')).toBe(true);
    expect(short).toContain('…');
  });

  test('nothing dangerous ever comes out, and never more than was allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 2, max: 100 }), (text, limit) => {
        const safe = sanitise(text, limit);
        expect(safe).not.toMatch(DANGEROUS);
        expect(Array.from(safe).length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

test('lines of ours stay lines', () => {
  expect(sanitiseLines('Error: x\n    at y\u001B[31m')).toBe('Error: x\n    at y\uFFFD[31m');
});

test('JSON says the same with escapes for what is dangerous', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
      const text = formatJson({ name, list: [1] });
      expect(text.replaceAll('\n', '')).not.toMatch(DANGEROUS);
      expect(JSON.parse(text)).toEqual({ name, list: [1] });
    }),
  );
});
