// Laws of the options on when a run ends: garbage is a value within its bounds or our error, and what was written is what is meant.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMinSpeed } from '../../src/cli/options.js';
import { parseRatio, parseSeed, seedGoalAfter } from '../../src/cli/seed-goal.js';
import { UsageError } from '../../src/cli/usage-error.js';

const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('0', '1', '9', '.', ':', 'x', 'K', 'M', 's', 'm', 'h', '-', ' ', '/', 'e'), maxLength: 12 }),
);

/** The value, or null where it is refused in our way. */
function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return null;
  }
}

test('garbage is a value within its bounds, or our error', () => {
  fc.assert(
    fc.property(garbage, (text) => {
      const speed = orRefused(() => parseMinSpeed(text, '--min-speed'));
      if (speed !== null) {
        expect(speed.bytesPerSecond).toBeGreaterThan(0);
        expect(speed.overMs).toBeGreaterThan(0);
        expect(Number.isSafeInteger(speed.bytesPerSecond) && speed.overMs < 2 ** 31).toBe(true);
      }
      const ratio = orRefused(() => parseRatio(text, '--seed-ratio'));
      if (ratio !== null) expect(ratio >= 0 && ratio <= 1_000_000).toBe(true);
      const goal = orRefused(() => parseSeed(text, '--seed'));
      if (goal !== null) {
        expect(goal.ratio >= 0 && goal.timeMs >= 0 && goal.timeMs < 2 ** 31).toBe(true);
        // It names one limit, or none.
        expect(goal.ratio * goal.timeMs).toBe(0);
      }
    }),
    { numRuns: 1000 },
  );
});

test('no limit is ever loosened by another one beside it', () => {
  const limit = fc.constantFrom(0, 1, 2, 5);
  fc.assert(
    fc.property(limit, limit, limit, fc.constantFrom(1, 3, 9), (ratio, timeMs, seedRatio, seedTime) => {
      const goal = seedGoalAfter({ seed: { ratio, timeMs }, seedRatio, seedTime });
      for (const wanted of [ratio, seedRatio]) if (wanted > 0) expect(goal?.ratio).toBeLessThanOrEqual(wanted);
      for (const wanted of [timeMs, seedTime]) if (wanted > 0) expect(goal?.timeMs).toBeLessThanOrEqual(wanted);
      expect(goal?.ratio === 0).toBe(ratio === 0 && seedRatio === 0);
    }),
  );
});
