import { describe, expect, test } from 'vitest';
import { createRandom, shuffle } from '../../../src/model/random.js';

describe('random', () => {
  test('is the same for the same seed and another for another', () => {
    const draw = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 50 }, () => random.next());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('stays below its bound and reaches all of it, evenly', () => {
    const random = createRandom(7);
    const counts = Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[random.below(10)]++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
    for (let i = 0; i < 1000; i++) expect(random.next()).toBeLessThan(1);
  });

  test('shuffles in place, keeping everything, with every order in reach', () => {
    const random = createRandom(3);
    const items = [1, 2, 3];
    const orders = new Set<string>();
    for (let i = 0; i < 200; i++) {
      expect(shuffle(items, random)).toBe(items);
      expect([...items].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
      orders.add(items.join());
    }
    expect(orders.size).toBe(6);
  });
});
