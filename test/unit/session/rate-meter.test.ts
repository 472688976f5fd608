import { describe, expect, test } from 'vitest';
import { RateMeter } from '../../../src/session/rate-meter.js';

describe('RateMeter', () => {
  test('three samples of 20 B within a window of 20 s are 3.0 B/s', () => {
    const meter = new RateMeter();
    for (const at of [0, 7000, 14_000]) meter.add(20, at);
    expect(meter.rate(19_999)).toBeCloseTo(3, 2);
  });

  test('a sample older than 20 s no longer counts', () => {
    const meter = new RateMeter();
    for (const at of [0, 7000, 14_000]) meter.add(20, at);
    expect(meter.rate(20_000)).toBe(2);
    expect(meter.rate(27_000)).toBe(1);
    expect(meter.rate(34_000)).toBe(0);
    expect(meter.rate(1e9)).toBe(0);
    expect(meter.totalBytes).toBe(60);
  });

  test('begins with the time since the first byte, one second at least', () => {
    const meter = new RateMeter();
    expect(meter.rate(5)).toBe(0);
    meter.add(1000, 50_000);
    expect(meter.rate(50_000)).toBe(1000);
    meter.add(1000, 53_900);
    expect(meter.rate(54_000)).toBe(500);
  });

  test('a clock that goes back changes nothing and breaks nothing', () => {
    const meter = new RateMeter();
    meter.add(100, 10_000);
    meter.add(100, 5000);
    expect(meter.rate(4000)).toBe(200);
    expect(meter.totalBytes).toBe(200);
  });

  test('the quick estimate follows within fifths of a second', () => {
    const meter = new RateMeter();
    for (let at = 0; at < 200; at += 10) meter.add(1000, at);
    expect(meter.quickRate).toBeCloseTo(0, 10);
    for (let at = 200; at <= 3000; at += 10) meter.add(1000, at);
    expect(meter.quickRate).toBeGreaterThan(95_000);
    expect(meter.quickRate).toBeLessThan(106_000);
    for (let at = 3000; at <= 6000; at += 10) meter.add(100, at);
    expect(meter.quickRate).toBeLessThan(11_000);
  });

  test('what ends a span of the quick estimate belongs to the next one', () => {
    const meter = new RateMeter();
    meter.add(10_000, 0);
    meter.add(4000, 250);
    expect(meter.quickRate).toBe(40_000);
    meter.add(1, 500);
    expect(meter.quickRate).toBe((40_000 + 16_000) / 2);
  });

  test('the quick estimate begins as what V8 takes for a fraction, which it is later', () => {
    expect(new RateMeter().quickRate).toBe(-0);
  });

  test('reading the rate moves no quick estimate', () => {
    const meter = new RateMeter();
    meter.add(10_000, 0);
    for (let at = 0; at < 5000; at += 100) meter.rate(at);
    expect(meter.quickRate).toBeCloseTo(0, 10);
    meter.add(1, 5000);
    expect(meter.quickRate).toBe(2000);
  });
});
