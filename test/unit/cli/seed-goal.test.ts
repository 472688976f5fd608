import { describe, expect, test } from 'vitest';
import {
  describeSeedGoal,
  describeUnusedRatio,
  parseRatio,
  parseSeed,
  type SeedGoal,
  seedGoalAfter,
  SeedWatch,
} from '../../../src/cli/seed-goal.js';
import { UsageError } from '../../../src/cli/usage-error.js';
import type { ServerSnapshot } from '../../../src/engine/server-snapshot.js';

describe('what is asked for', () => {
  test.each([
    ['', { ratio: 0, timeMs: 0 }],
    ['1.5x', { ratio: 1.5, timeMs: 0 }],
    ['2X', { ratio: 2, timeMs: 0 }],
    ['30m', { ratio: 0, timeMs: 1_800_000 }],
    ['1h30m', { ratio: 0, timeMs: 5_400_000 }],
  ])('--seed=%s', (text, goal) => expect(parseSeed(text, '--seed')).toEqual(goal));

  test.each(['2', '0', '0x', '0m', '0.0x', 'x', 'file.torrent', '1.5.2x', '30 minutes', '5y', '-1x'])(
    '--seed=%s is refused',
    (text) => {
      expect(() => parseSeed(text, '--seed')).toThrow(UsageError);
    },
  );

  test.each(['', '-1', 'x', '1e3', '1,5', '1000001', 'Infinity'])('--seed-ratio %s is refused', (text) => {
    expect(() => parseRatio(text, '--seed-ratio')).toThrow(/--seed-ratio/);
  });

  test.each([
    [{}, null],
    [{ seedTime: 0 }, null],
    [{ seedRatio: 0 }, null],
    [{ seedRatio: 2, seedTime: 0 }, null],
    [{ seedRatio: 0, seedTime: 0 }, null],
    [{ seed: { ratio: 0, timeMs: 0 }, seedTime: 0 }, null],
    [
      { seed: { ratio: 0, timeMs: 0 }, seedRatio: 0 },
      { ratio: 0, timeMs: 0 },
    ],
    [
      { seedRatio: 0, seedTime: 5000 },
      { ratio: 0, timeMs: 5000 },
    ],
    [{ seed: { ratio: 2, timeMs: 0 }, seedTime: 0 }, null],
    [{ seed: { ratio: 0, timeMs: 0 } }, { ratio: 0, timeMs: 0 }],
    [{ seedRatio: 2 }, { ratio: 2, timeMs: 0 }],
    [{ seedTime: 5000 }, { ratio: 0, timeMs: 5000 }],
    [
      { seed: { ratio: 2, timeMs: 0 }, seedRatio: 1, seedTime: 9 },
      { ratio: 1, timeMs: 9 },
    ],
    [
      { seed: { ratio: 0, timeMs: 7 }, seedTime: 9 },
      { ratio: 0, timeMs: 7 },
    ],
  ])('%j is %j', (options, goal) => expect(seedGoalAfter(options)).toEqual(goal));

  test('and is told', () => {
    expect(describeSeedGoal({ ratio: 0, timeMs: 0 })).toBe('until stopped');
    expect(describeSeedGoal({ ratio: 1.5, timeMs: 0 })).toBe('until its ratio is 1.5');
    expect(describeSeedGoal({ ratio: 0, timeMs: 60_000 })).toBe('for 1m');
    expect(describeSeedGoal({ ratio: 2, timeMs: 60_000 })).toBe('until its ratio is 2, for 1m at most');
  });
});

function watch(goal: SeedGoal) {
  let now = 0;
  let whole = 0;
  const stops: number[] = [];
  const seen = new SeedWatch(
    goal,
    () => now,
    () => {
      whole++;
    },
  );
  const look = (at: number, uploadedBytes: number, phase: ServerSnapshot['phase'] = 'seeding', totalBytes = 1000): void => {
    now = at;
    seen.look({ uploadedBytes, totalBytes, phase } as ServerSnapshot, () => stops.push(at));
  };
  return { seen, look, stops, whole: () => whole };
}

describe('the watch', () => {
  test('without a limit stops nobody, and tells once that the data is whole', () => {
    const { seen, look, stops, whole } = watch({ ratio: 0, timeMs: 0 });
    look(0, 0, 'downloading');
    expect(whole()).toBe(0);
    look(1, 0);
    look(1e9, 1e9);
    expect([whole(), stops, seen.reached]).toEqual([1, [], null]);
  });

  test('stops at the ratio, what was sent before the last piece included', () => {
    const { seen, look, stops } = watch({ ratio: 1.5, timeMs: 0 });
    look(0, 1600, 'downloading');
    expect(stops).toEqual([]);
    look(1, 1600);
    expect(stops).toEqual([1]);
    expect(seen.reached).toBe('its ratio is 1.5');
    const other = watch({ ratio: 1.5, timeMs: 0 });
    other.look(0, 1499);
    other.look(1, 1500);
    other.look(2, 1600);
    expect(other.stops).toEqual([1]);
  });

  test('counts the time from the moment that it serves', () => {
    const { seen, look, stops } = watch({ ratio: 9, timeMs: 5000 });
    look(0, 0, 'downloading');
    look(60_000, 0);
    look(64_999, 8999);
    expect(stops).toEqual([]);
    look(65_000, 8999);
    expect(stops).toEqual([65_000]);
    expect(seen.reached).toBe('it has served for 5s');
  });

  test('adds up what sessions sent that crashed', () => {
    const { seen, look, stops } = watch({ ratio: 1, timeMs: 0 });
    look(0, 600);
    look(1, 0, 'checking');
    look(2, 300);
    expect(stops).toEqual([]);
    look(3, 400);
    expect(stops).toEqual([3]);
    expect(seen.sentBytes).toBe(1000);
  });

  test('an empty torrent has any ratio at once', () => {
    const { look, stops } = watch({ ratio: 2, timeMs: 0 });
    look(0, 0, 'seeding', 0);
    expect(stops).toEqual([0]);
  });

  test('called off, it stops at the next look', () => {
    const { seen, look, stops } = watch({ ratio: 0, timeMs: 0 });
    look(0, 0);
    seen.callOff();
    look(1, 0);
    expect([stops, seen.reached]).toEqual([[1], null]);
  });
});

test.each([
  [{ seedRatio: 2, seedTime: 0 }, 'nothing is served: --seed-time 0 goes before --seed-ratio'],
  [{ seedRatio: 0, seedTime: 0 }, null],
  [{ seedRatio: 2, seedTime: 5 }, null],
  [{ seedRatio: 2 }, null],
  [{ seedTime: 0 }, null],
])('a ratio without a use is told: %j', (options, line) => expect(describeUnusedRatio(options)).toBe(line));
