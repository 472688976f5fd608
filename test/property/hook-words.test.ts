// Any text becomes words or our error, and what is quoted comes out as it went in.

import * as fc from 'fast-check';
import { test } from 'vitest';
import { splitWords } from '../../src/cli/results/hook-words.js';
import { UsageError } from '../../src/cli/usage-error.js';

const quoteSingly = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
const quoteDoubly = (word: string): string => `"${word.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;

test('quoted words come out as they went in', () => {
  const word = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(fc.tuple(word, fc.boolean()), { minLength: 1 }), (words) => {
      const text = words.map(([one, isDouble]) => (isDouble ? quoteDoubly(one) : quoteSingly(one))).join(' ');
      const split = splitWords(text, '--exec');
      return JSON.stringify(split) === JSON.stringify(words.map(([one]) => one));
    }),
  );
});

test('any text is words, at least one and together no longer, or a UsageError', () => {
  const character = fc.constantFrom("'", '"', '\\', ' ', '\n', 'a', '$', '\0', 'ü');
  fc.assert(
    fc.property(fc.string({ unit: character }), (text) => {
      try {
        const words = splitWords(text, '--exec');
        return words.length > 0 && words[0] !== '' && words.join('').length <= text.length;
      } catch (error) {
        return error instanceof UsageError;
      }
    }),
  );
});
