// The token bucket, with time in the test's hands.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../src/net/rate-limiter.js';

describe('TokenBucket', () => {
  test('a full bucket goes at once, then the rate counts', () => {
    const bucket = new TokenBucket(1000, 500);
    expect(bucket.take(800, 0)).toBe(500);
    expect(bucket.take(1, 0)).toBe(0);
    expect(bucket.waitMs(100, 0)).toBe(100);
    expect(bucket.take(800, 100)).toBe(100);
    expect(bucket.waitMs(1, 100)).toBe(1);
    expect(bucket.take(800, 10_000)).toBe(500);
  });

  test('a wait is long enough for what it was asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 5000 }), fc.nat(6000), (rate, burst, bytes) => {
        const bucket = new TokenBucket(rate, burst);
        bucket.take(burst, 0);
        const wanted = Math.min(bytes, burst);
        expect(bucket.take(wanted, bucket.waitMs(bytes, 0) + 1)).toBe(wanted);
      }),
    );
  });

  test('never more than burst and rate together allow', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), fc.nat(3000)), { maxLength: 50 }), (steps) => {
        const bucket = new TokenBucket(1000, 700);
        let now = 0;
        let granted = 0;
        for (const [stepMs, bytes] of steps) {
          now += stepMs;
          granted += bucket.take(bytes, now);
        }
        expect(granted).toBeLessThanOrEqual(700 + now);
      }),
    );
  });

  test('a clock that goes back gives nothing twice', () => {
    const bucket = new TokenBucket(1000, 100);
    expect(bucket.take(100, 1000)).toBe(100);
    expect(bucket.take(100, 900)).toBe(0);
    expect(bucket.take(100, 1000)).toBe(0);
    expect(bucket.take(100, 1010)).toBe(10);
  });

  test('unlimited, stopped, and changed', () => {
    const bucket = new TokenBucket(Infinity, 10);
    expect(bucket.take(1e9, 0)).toBe(1e9);
    expect(bucket.waitMs(1e9, 0)).toBe(0);
    bucket.setRate(0, 10, 5);
    expect(bucket.take(100, 5)).toBe(10);
    expect(bucket.waitMs(1, 1e6)).toBe(Infinity);
    bucket.setRate(1000, 100, 1e6);
    expect(bucket.take(100, 1e6 + 50)).toBe(50);
    bucket.giveBack(30);
    expect(bucket.take(100, 1e6 + 50)).toBe(30);
  });
});
