// The flag is set for the time of the work, and what V8 had is there again after it, however that ends.

import { cachedDataVersionTag } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { unoptimised } from '../../../src/cli/unoptimised.js';

// The tag that V8 gives its compiled code depends on every flag.
const isKnown = process.versions.v8.startsWith('11.3.');

describe('unoptimised', () => {
  test('gives what the work gives, under another flag than before and after', () => {
    const before = cachedDataVersionTag();
    const during = unoptimised(() => cachedDataVersionTag());
    expect(during === before).toBe(!isKnown);
    expect(cachedDataVersionTag()).toBe(before);
  });

  test('throws what the work throws, and leaves the flag as it was', () => {
    const before = cachedDataVersionTag();
    expect(() =>
      unoptimised(() => {
        throw new Error('of the work');
      }),
    ).toThrow('of the work');
    expect(cachedDataVersionTag()).toBe(before);
  });
});
