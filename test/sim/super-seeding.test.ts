// Super-seeding (BEP 16) in virtual time: a first copy costs the seed about its size, and nobody waits for ever.

import { describe, expect, test } from 'vitest';
import type { SuperSeedingEnd } from '../../src/session/notices.js';
import { SIM_LIMITS } from '../support/sim/limits.js';
import { Swarm, type LinkSpec, type MemberSpec } from '../support/sim/scenario.js';
import { SessionNode } from '../support/sim/session-node.js';
import type { ReadSpec } from '../support/sim/sim-reader.js';

const TOTAL = 100 * 65_536;
const SEEDS = [1, 2, 3, 4];

interface Outcome {
  /** What the seed sent until everybody was complete, in sizes of the torrent. */
  readonly copies: number;
  readonly elapsedMs: number;
  /** When the last piece came to anybody: a reader takes its time after that. */
  readonly lastPieceMs: number;
  readonly ends: readonly SuperSeedingEnd[];
}

function run(seed: number, superSeeds: boolean, leechers: readonly LinkSpec[], reads?: ReadSpec): Outcome {
  const members: MemberSpec[] = [
    { role: 'seed', superSeeds, bytesPerSecond: 200_000, latencyMs: 20 },
    ...leechers.map((link): MemberSpec => {
      const role = { role: 'leecher', seeds: reads === undefined, haveShare: 0, budgetPieces: 1000 } as const;
      return { ...role, ...link, ...(reads === undefined ? {} : { reads }) };
    }),
  ];
  const content = { totalLength: TOTAL, pieceLength: 65_536, padding: 0 };
  const swarm = new Swarm({ seed, content, members, strays: 0, limits: SIM_LIMITS, featureShare: 1 });
  let lastPieceMs = 0;
  for (const leecher of swarm.leechers) {
    const { onStored } = leecher;
    leecher.onStored = () => {
      lastPieceMs = swarm.world.now;
      onStored();
    };
  }
  const { elapsedMs } = swarm.run(60 * 60_000);
  const [node] = swarm.nodes;
  if (!(node instanceof SessionNode)) throw new Error('the first node is the seed');
  return {
    copies: node.session.snapshot(elapsedMs).uploadedBytes / TOTAL,
    elapsedMs,
    lastPieceMs,
    ends: node.notices.flatMap((notice) => (notice.type === 'super-seeding-ended' ? [notice.reason] : [])),
  };
}

const link = (bytesPerSecond: number): LinkSpec => ({ bytesPerSecond, latencyMs: 20 });

describe.each(SEEDS)('seed %i', (seed) => {
  test('eight leechers with room to pass on: about one copy, where an ordinary seed sends near two, and sooner', () => {
    const leechers = Array.from({ length: 8 }, () => link(1_000_000));
    const ordinary = run(seed, false, leechers);
    const superSeed = run(seed, true, leechers);
    expect(superSeed.copies).toBeLessThan(1.15);
    expect(ordinary.copies).toBeGreaterThan(1.6);
    expect(superSeed.elapsedMs).toBeLessThan(ordinary.elapsedMs);
    expect(superSeed.ends).toHaveLength(1);
  });

  test('eight leechers as slow as the seed: less than an ordinary seed', () => {
    const leechers = Array.from({ length: 8 }, () => link(200_000));
    expect(run(seed, true, leechers).copies).toBeLessThan(run(seed, false, leechers).copies);
  });

  test('one leecher alone gets everything, once, and soon', () => {
    const ordinary = run(seed, false, [link(1_000_000)]);
    const superSeed = run(seed, true, [link(1_000_000)]);
    expect(superSeed.copies).toBeLessThan(1.02);
    expect(superSeed.elapsedMs).toBeLessThan(1.25 * ordinary.elapsedMs);
  });

  test('a reader alone, who takes only what is read next, gets all of it, and once', () => {
    const reads = { windowPieces: 8, readMs: 0, jumps: 0, readers: 1 };
    const { copies, elapsedMs } = run(seed, true, [link(1_000_000)], reads);
    expect(copies).toBeLessThan(1.15);
    // It declines what is revealed until all is, twice as much each time.
    expect(elapsedMs).toBeLessThan(8 * SIM_LIMITS.superSeedDeclineMs + (2 * TOTAL) / 200);
  });

  test('a reader alone that has room for all of it hears soon of others, as it tells what it has', () => {
    const reads = { windowPieces: 100, readMs: 0, jumps: 0, readers: 1, holds: true };
    const { copies, lastPieceMs } = run(seed, true, [link(1_000_000)], reads);
    expect(copies).toBeLessThan(1.02);
    expect(lastPieceMs).toBeLessThan(2 * SIM_LIMITS.setAsideMs + (1.25 * TOTAL) / 200);
    const declining = run(seed, true, [link(1_000_000)], { ...reads, holds: false });
    expect(lastPieceMs).toBeLessThan(declining.lastPieceMs);
  });

  test('two leechers that can not reach each other are not kept waiting for ever', () => {
    const leechers: LinkSpec[] = [
      { ...link(1_000_000), encryption: 'require' },
      { ...link(1_000_000), encryption: 'off' },
    ];
    const { elapsedMs } = run(seed, true, leechers);
    // In doubt for the time it takes to give up, and then as long as two copies take.
    expect(elapsedMs).toBeLessThan(SIM_LIMITS.superSeedGiveUpMs + SIM_LIMITS.superSeedPatienceMs + (3 * TOTAL) / 200);
  });
});
