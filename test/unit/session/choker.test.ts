import { describe, expect, test } from 'vitest';
import { toPeerKey } from '../../../src/model/ids.js';
import { createRandom } from '../../../src/model/random.js';
import { Choker, type ChokerPeer } from '../../../src/session/choker.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';

const peer = (serial: number, rate: number, change: Partial<ChokerPeer> = {}): ChokerPeer => ({
  key: toPeerKey(serial),
  peerInterested: true,
  amChoking: true,
  isSnubbed: false,
  rate,
  ...change,
});

describe('Choker', () => {
  test('gives four slots to the quickest and one to chance', () => {
    const choker = new Choker(SIM_LIMITS, createRandom(1));
    const peers = Array.from({ length: 10 }, (_, i) => peer(i + 1, i));
    const unchoked = choker.round(peers, 0);
    for (const serial of [7, 8, 9, 10]) expect(unchoked).toContain(toPeerKey(serial));
    expect(unchoked.size).toBe(5);
  });

  test('keeps the optimistic one for thirty seconds, then changes it', () => {
    const choker = new Choker(SIM_LIMITS, createRandom(2));
    const peers = Array.from({ length: 10 }, (_, i) => peer(i + 1, i));
    const optimistic = (now: number): number => [...choker.round(peers, now)].find((key) => key <= 6) ?? 0;
    const first = optimistic(0);
    expect(optimistic(10_000)).toBe(first);
    expect(optimistic(20_000)).toBe(first);
    expect(optimistic(30_000)).not.toBe(first);
  });

  test('gives nothing to peers that want nothing, and the last slots to those that snub us', () => {
    const choker = new Choker({ ...SIM_LIMITS, optimisticSlots: 0 }, createRandom(3));
    const peers = [
      peer(1, 99, { peerInterested: false }),
      peer(2, 98, { isSnubbed: true }),
      ...Array.from({ length: 4 }, (_, i) => peer(3 + i, i)),
    ];
    expect(choker.round(peers, 0)).toEqual(new Set([3, 4, 5, 6].map(toPeerKey)));
    expect(choker.round(peers.slice(0, 4), 0)).toEqual(new Set([2, 3, 4].map(toPeerKey)));
  });

  test('shares the slots among equals by chance', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 50; seed++) {
      const peers = Array.from({ length: 10 }, (_, i) => peer(i + 1, 0));
      for (const key of new Choker(SIM_LIMITS, createRandom(seed)).round(peers, 0)) seen.add(key);
    }
    expect(seen.size).toBe(10);
  });

  test('has five slots', () => {
    const choker = new Choker(SIM_LIMITS, createRandom(1));
    expect(choker.hasFreeSlot(4)).toBe(true);
    expect(choker.hasFreeSlot(5)).toBe(false);
  });
});
