import { expect, test } from 'vitest';
import { SpeedMeter } from '../../../../src/cli/render/speed-meter.js';

test('three samples of 20 bytes within 20 seconds are 3.0 bytes a second, and an old sample expires', () => {
  const meter = new SpeedMeter(0, 20_000);
  meter.add(20, 5000);
  meter.add(20, 10_000);
  meter.add(20, 15_000);
  expect(meter.bytesPerSecond(20_000)).toBe(3);
  expect(meter.bytesPerSecond(24_999)).toBe(3);
  expect(meter.bytesPerSecond(25_000)).toBe(2);
  expect(meter.bytesPerSecond(60_000)).toBe(0);
});

test('before the window is full, the mean is of the time that has passed, and at least of a second', () => {
  const meter = new SpeedMeter(1000, 20_000);
  meter.add(1000, 1010);
  expect(meter.bytesPerSecond(1010)).toBe(1000);
  expect(meter.bytesPerSecond(5000)).toBe(250);
});

test('samples close together become one, so that memory stays bounded', () => {
  const meter = new SpeedMeter(0, 20_000);
  for (let at = 0; at < 20_000; at++) meter.add(1, at);
  expect(meter.bytesPerSecond(20_000)).toBeCloseTo(1000, -2);
});

test('the time left follows from the speed', () => {
  const meter = new SpeedMeter(0, 20_000);
  expect(meter.timeLeftMs(100, 0)).toBeNull();
  expect(meter.timeLeftMs(0, 0)).toBe(0);
  meter.add(2000, 2000);
  expect(meter.timeLeftMs(5000, 2000)).toBe(5000);
});
