import { describe, expect, test } from 'vitest';
import { SpeedFloor } from '../../../src/engine/speed-floor.js';
import { watchedState, tooSlow } from '../../../src/engine/starved-ends.js';
import { Watchdog } from '../../../src/engine/watchdog.js';
import type { ServerSnapshot } from '../../../src/engine/server-snapshot.js';

/** One look a second, at `rates[second]` bytes more each; answers at which second it was first too slow, and how slow. */
function firstVerdict(rates: readonly (number | 'uncounted')[], bytesPerSecond = 100, overMs = 5000): [number, number] | null {
  const floor = new SpeedFloor({ bytesPerSecond, overMs });
  let bytes = 0;
  floor.look(0, 0, true);
  for (const [index, rate] of rates.entries()) {
    bytes += rate === 'uncounted' ? 0 : rate;
    const verdict = floor.look((index + 1) * 1000, bytes, rate !== 'uncounted');
    if (verdict !== null) return [index + 1, verdict];
  }
  return null;
}

describe('the mean over the window is what is judged', () => {
  test('nothing is said before the window is full', () => {
    expect(firstVerdict([0, 0, 0, 0])).toBeNull();
    expect(firstVerdict([0, 0, 0, 0, 0])).toEqual([5, 0]);
  });

  test('exactly the floor is enough, a byte less is not', () => {
    expect(firstVerdict(Array<number>(60).fill(100))).toBeNull();
    expect(firstVerdict([...Array<number>(10).fill(100), 99])).toEqual([11, 99.8]);
  });

  test('a burst carries its window and no more', () => {
    expect(firstVerdict([500, 0, 0, 0, 0, 0])).toEqual([6, 0]);
    expect(firstVerdict([0, 0, 0, 0, 500, 0, 0, 0, 0])).toBeNull();
  });

  test('a moment that does not count starts the window anew', () => {
    expect(firstVerdict([0, 0, 0, 0, 'uncounted', 0, 0, 0, 0, 0])).toBeNull();
    expect(firstVerdict([0, 0, 0, 0, 'uncounted', 0, 0, 0, 0, 0, 0])).toEqual([11, 0]);
  });

  test('a window of days keeps few marks and is as exact as these', () => {
    const day = 86_400_000;
    const floor = new SpeedFloor({ bytesPerSecond: 1, overMs: day });
    for (let at = 0; at < day; at += 10_000) expect(floor.look(at, 0, true)).toBeNull();
    expect(floor.look(day, 80_000, true)).toBeCloseTo(80_000 / 86_400);
  });
});

test('the watchdog leaves out the time without a peer and under a limit of our own, and judges useful bytes', () => {
  let now = 0;
  const said: string[] = [];
  let state = { sourcesMet: 0, usefulBytes: 0, transferredBytes: 0, isThrottled: false, isComplete: false };
  const watchdog = new Watchdog(
    {
      noPeersTimeoutMs: 0,
      stallTimeoutMs: 0,
      idleTimeoutMs: 0,
      minSpeed: { bytesPerSecond: 1000, overMs: 3000 },
      idleReleaseMs: 1e9,
      watchMs: 500,
    },
    {
      read: () => state,
      onNoPeers: () => said.push('no peers'),
      onStalled: () => said.push('stalled'),
      onTooSlow: (rate) => said.push(`${rate} B/s at ${now}`),
      onIdleTimeout: () => {},
      onIdleRelease: () => {},
    },
    () => now,
  );
  const pass = (ms: number, usefulEach = 0): void => {
    for (let step = 0; step < ms && said.length === 0; step += 500) {
      now += 500;
      state = { ...state, usefulBytes: state.usefulBytes + usefulEach };
      watchdog.check();
    }
  };
  pass(60_000);
  state = { ...state, sourcesMet: 1, isThrottled: true };
  pass(60_000, 10);
  state = { ...state, isThrottled: false };
  pass(60_000, 500);
  expect(said).toEqual([]);
  // Pieces that fail take back what they brought; they count once they are right.
  for (let n = 0; n < 10 && said.length === 0; n++) {
    state = { ...state, usefulBytes: state.usefulBytes + (n % 2 === 0 ? -5000 : 5000) };
    pass(500);
  }
  expect(said).toEqual(['833.3333333333334 B/s at 180500']);
  watchdog.stop();
});

test('a watchdog whose download is whole says nothing of its speed', () => {
  let now = 0;
  const said: number[] = [];
  const watchdog = new Watchdog(
    {
      noPeersTimeoutMs: 0,
      stallTimeoutMs: 0,
      idleTimeoutMs: 0,
      minSpeed: { bytesPerSecond: 1, overMs: 1000 },
      idleReleaseMs: 1e9,
      watchMs: 500,
    },
    {
      read: () => ({ sourcesMet: 1, usefulBytes: 5, transferredBytes: 5, isThrottled: false, isComplete: true }),
      onNoPeers: () => {},
      onStalled: () => {},
      onTooSlow: (rate) => said.push(rate),
      onIdleTimeout: () => {},
      onIdleRelease: () => {},
    },
    () => now,
  );
  for (; now < 60_000; now += 500) watchdog.check();
  watchdog.stop();
  expect(said).toEqual([]);
});

test('the error has both numbers, the time, and why', () => {
  const snapshot = { trackers: [], dht: null, dialFailures: {}, halfOpen: 0, knownAddresses: 1, peers: [], webSeeds: [] };
  const facts = { ...snapshot, bannedAddresses: 0, blockedAddresses: 0 } as unknown as ServerSnapshot;
  const error = tooSlow(facts, { bytesPerSecond: 102_400, overMs: 60_000 }, 512);
  expect(error.code).toBe('stalled');
  expect(error.message).toMatch(
    /^only 512 B\/s of useful data came over 60 s, less than the 100\.0 KiB\/s asked for: .*no peer is connected$/,
  );
  expect(watchedState({ ...facts, downloadedBytes: 9, wastedBytes: 2, uploadedBytes: 4, peersMet: 3 })).toMatchObject({
    sourcesMet: 3,
    usefulBytes: 7,
    transferredBytes: 13,
  });
});
