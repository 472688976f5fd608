import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Watchdog, type WatchdogLimits, type WatchedState } from '../../../src/engine/watchdog.js';

const OFF: WatchdogLimits = { noPeersTimeoutMs: 0, stallTimeoutMs: 0, idleTimeoutMs: 0, idleReleaseMs: 1e9, watchMs: 500 };

interface Watched {
  state: WatchedState;
  readonly said: string[];
  readonly watchdog: Watchdog;
  pass(ms: number): void;
  /** The process did not run meanwhile. */
  sleep(ms: number): void;
}

/** Time passes in steps of half a second; each ends with a look. */
function watch(limits: Partial<WatchdogLimits>): Watched {
  vi.useFakeTimers();
  let now = 0;
  const said: string[] = [];
  const watched: Watched = {
    state: { sourcesMet: 0, usefulBytes: 0, transferredBytes: 0, isThrottled: false, isComplete: false },
    said,
    watchdog: new Watchdog(
      { ...OFF, ...limits },
      {
        read: () => watched.state,
        onNoPeers: () => said.push(`no peers at ${now}`),
        onStalled: () => said.push(`stalled at ${now}`),
        onIdleTimeout: () => said.push(`idle at ${now}`),
        onIdleRelease: () => said.push(`release at ${now}`),
      },
      () => now,
    ),
    pass: (ms) => {
      for (let step = 0; step < ms; step += 500) {
        now += 500;
        watched.watchdog.check();
      }
    },
    sleep: (ms) => {
      now += ms;
      watched.watchdog.check();
    },
  };
  onTestFinished(() => {
    watched.watchdog.stop();
    vi.useRealTimers();
  });
  return watched;
}

test('a download that waits for its own limit is no stall', () => {
  const watched = watch({ stallTimeoutMs: 3000 });
  watched.state = { ...watched.state, sourcesMet: 1, isThrottled: true };
  watched.pass(60_000);
  expect(watched.said).toEqual([]);
  watched.state = { ...watched.state, isThrottled: false };
  watched.pass(3000);
  expect(watched.said).toEqual(['stalled at 63000']);
});

test('nothing is said where every limit is off', () => {
  const watched = watch({});
  watched.pass(100_000);
  expect(watched.said).toEqual([]);
});

describe('no peers', () => {
  test('is said when the time is up and nobody was met', () => {
    const watched = watch({ noPeersTimeoutMs: 3000 });
    watched.pass(2500);
    expect(watched.said).toEqual([]);
    watched.pass(500);
    expect(watched.said).toEqual(['no peers at 3000']);
  });

  test('is not said once one peer answered', () => {
    const watched = watch({ noPeersTimeoutMs: 3000 });
    watched.pass(2000);
    watched.state = { ...watched.state, sourcesMet: 1 };
    watched.pass(20_000);
    expect(watched.said).toEqual([]);
  });
});

describe('stalled', () => {
  test('counts from the last payload that counts', () => {
    const watched = watch({ stallTimeoutMs: 5000 });
    watched.state = { ...watched.state, sourcesMet: 1 };
    watched.pass(4000);
    watched.state = { ...watched.state, usefulBytes: 100, transferredBytes: 100 };
    watched.pass(5000);
    expect(watched.said).toEqual([]);
    watched.pass(500);
    expect(watched.said).toEqual(['stalled at 9500']);
  });

  test('counts from the first peer, not from the start', () => {
    const watched = watch({ stallTimeoutMs: 5000 });
    watched.pass(4500);
    watched.state = { ...watched.state, sourcesMet: 1 };
    watched.pass(5000);
    expect(watched.said).toEqual([]);
    watched.pass(500);
    expect(watched.said).toEqual(['stalled at 10000']);
  });

  test('waste is no progress: bad data for ever is a stall', () => {
    const watched = watch({ stallTimeoutMs: 5000 });
    watched.state = { sourcesMet: 1, usefulBytes: 100, transferredBytes: 100, isThrottled: false, isComplete: false };
    watched.pass(500);
    for (let n = 1; n < 10; n++) {
      // A piece comes, fails, and comes again: useful bytes go up and down.
      watched.state = { ...watched.state, usefulBytes: n % 2 === 0 ? 100 : 50, transferredBytes: 100 * n };
      watched.pass(500);
    }
    watched.pass(500);
    expect(watched.said).toEqual(['stalled at 5500']);
  });

  test('nobody is waited for when nothing is missing', () => {
    const watched = watch({ stallTimeoutMs: 5000, noPeersTimeoutMs: 5000 });
    watched.state = { ...watched.state, isComplete: true };
    watched.pass(60_000);
    expect(watched.said).toEqual([]);
  });
});

describe('idle', () => {
  test('is said once for each silence', () => {
    const watched = watch({ idleTimeoutMs: 2000 });
    watched.pass(6000);
    expect(watched.said).toEqual(['idle at 2000']);
    watched.watchdog.touch();
    watched.pass(2000);
    expect(watched.said).toEqual(['idle at 2000']);
    watched.pass(4000);
    expect(watched.said).toEqual(['idle at 2000', 'idle at 8500']);
  });

  test('blocks are messages too, in both directions', () => {
    const watched = watch({ idleTimeoutMs: 2000, idleReleaseMs: 3000 });
    for (let n = 1; n < 20; n++) {
      watched.pass(1500);
      watched.state = { ...watched.state, transferredBytes: 16_384 * n };
    }
    expect(watched.said).toEqual([]);
    watched.pass(10_000);
    expect(watched.said).toEqual(['idle at 31000', 'release at 32000']);
  });
});

test('time asleep is nobody’s silence', () => {
  const watched = watch({ noPeersTimeoutMs: 5000, idleTimeoutMs: 5000 });
  watched.pass(1000);
  watched.sleep(3_600_000);
  expect(watched.said).toEqual([]);
  watched.pass(1500);
  expect(watched.said).toEqual([]);
  watched.pass(500);
  expect(watched.said.map((line) => line.split(' at ')[0])).toEqual(['idle', 'no peers']);
});

test('a short limit is looked at in time by its own timer', () => {
  const watched = watch({ idleTimeoutMs: 80 });
  const check = vi.spyOn(watched.watchdog, 'check');
  vi.advanceTimersByTime(100);
  expect(check).toHaveBeenCalledTimes(5);
  watched.watchdog.stop();
  vi.advanceTimersByTime(1000);
  expect(check).toHaveBeenCalledTimes(5);
});
