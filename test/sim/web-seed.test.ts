// Web seeds in virtual time: alone and beside peers, honest and not, with every invariant of the session checked after every event.
// `EFFUSION_SIM_SEED=123` replays one random swarm.

import { describe, expect, test } from 'vitest';
import { SIM_LIMITS } from '../support/sim/limits.js';
import { drawWebSeedScenario, Swarm, type ContentSpec, type Scenario } from '../support/sim/scenario.js';
import type { SessionNode } from '../support/sim/session-node.js';
import { HONEST_WEB_SEED, type SimWebSeed } from '../support/sim/sim-web-seeds.js';

const TIME_LIMIT_MS = 60 * 60_000;
const only = process.env['EFFUSION_SIM_SEED'];
const seeds = only === undefined ? Array.from({ length: 300 }, (_, seed) => seed) : [Number(only)];

const contents: Readonly<Record<string, ContentSpec>> = {
  'one block': { totalLength: 10_000, pieceLength: 16_384, padding: 0 },
  'forty pieces': { totalLength: 40 * 65_536 - 5, pieceLength: 65_536, padding: 0 },
  'padding in between': { totalLength: 30 * 40_000 - 5, pieceLength: 40_000, padding: 0.3 },
  'few large pieces': { totalLength: 3 * 1_048_576, pieceLength: 1_048_576, padding: 0 },
};

/** A leecher that meets nobody but web seeds. */
function alone(
  content: ContentSpec,
  webSeeds: readonly SimWebSeed[],
  budgetPieces = 4,
  seed = 1,
): { node: SessionNode; elapsedMs: number } {
  const members = [
    { role: 'leecher', seeds: false, haveShare: 0, budgetPieces, webSeeds, bytesPerSecond: 1_000_000, latencyMs: 5 } as const,
  ];
  const scenario: Scenario = { seed, content, members, strays: 0, limits: SIM_LIMITS, featureShare: 1 };
  const { leechers, elapsedMs } = new Swarm(scenario).run(TIME_LIMIT_MS);
  return { node: leechers[0], elapsedMs };
}

describe.each(Object.entries(contents))('%s', (_, content) => {
  test('comes from one web seed alone, at its speed', () => {
    for (const budgetPieces of [1, 2, 64]) {
      const { node, elapsedMs } = alone(content, [HONEST_WEB_SEED], budgetPieces);
      expect(node.session.snapshot(0).wastedBytes).toBe(0);
      // Links of 1 MB/s each; with room for one piece they wait for the disk.
      expect(elapsedMs).toBeLessThan((budgetPieces === 1 ? 2 : 1) * (content.totalLength / 1000) + 1000);
    }
  });

  test('comes from one without ranges, in one go', () => {
    const { node } = alone(content, [{ ...HONEST_WEB_SEED, hasRanges: false }], 1);
    expect(node.webSeeds.requests).toBe(2);
  });

  test('comes from one that breaks off and one that is busy', () => {
    const { node } = alone(content, [
      { ...HONEST_WEB_SEED, breaksAfter: 5 },
      { ...HONEST_WEB_SEED, busy: 0.7 },
    ]);
    expect(node.webSeeds.requests).toBeLessThan(500);
  });

  test('comes from an honest one beside a liar, which is banned', () => {
    const liar = { ...HONEST_WEB_SEED, corrupt: 1, bytesPerSecond: 50_000_000 };
    const { node } = alone(content, [liar, HONEST_WEB_SEED]);
    const banned = node.notices.flatMap((notice) => (notice.type === 'web-seed-banned' ? [notice.name] : []));
    expect(banned).toEqual(['web-seed-0']);
  });

  test('comes from an honest one beside one that lacks files', () => {
    for (const lacks of [0.2, 0.6, 1]) {
      for (const hasRanges of [true, false]) {
        const slow = { ...HONEST_WEB_SEED, bytesPerSecond: 300_000 };
        const { node } = alone(content, [{ ...HONEST_WEB_SEED, lacks, hasRanges }, slow]);
        const told = node.notices.filter((notice) => notice.type === 'web-seed-lacks');
        const { lacking } = node.session.snapshot(0).webSeeds[0];
        expect(told.length).toBeGreaterThanOrEqual((lacking?.files ?? 0) - 1);
        expect(node.webSeeds.requests).toBeLessThan(200);
      }
    }
  });

  test('a stalling one costs no more than its silence', () => {
    const { elapsedMs } = alone(content, [{ ...HONEST_WEB_SEED, stallsAfter: 3 }, HONEST_WEB_SEED]);
    expect(elapsedMs).toBeLessThan(3 * SIM_LIMITS.webSeedStallMs + content.totalLength / 500);
  });
});

test('a slow one does not hold up the end', () => {
  const slow = { ...HONEST_WEB_SEED, bytesPerSecond: 20_000 };
  const { elapsedMs } = alone(contents['few large pieces'], [slow, HONEST_WEB_SEED], 64);
  expect(elapsedMs).toBeLessThan(10_000);
});

test('where every source lied, the session says so', () => {
  const content = contents['forty pieces'];
  const limits = SIM_LIMITS;
  const liar = { ...HONEST_WEB_SEED, corrupt: 1 };
  const members = [
    {
      role: 'leecher',
      seeds: false,
      haveShare: 0,
      budgetPieces: 4,
      webSeeds: [liar],
      bytesPerSecond: 1_000_000,
      latencyMs: 5,
    } as const,
  ];
  const swarm = new Swarm({ seed: 1, content, members, strays: 0, limits, featureShare: 1 });
  const [leecher] = swarm.leechers;
  expect(() => swarm.run(60_000)).toThrow('every leecher completes in time');
  const said = leecher.notices.filter((notice) => notice.type === 'sources-exhausted');
  expect(said).toMatchObject([{ banned: [], bannedWebSeeds: ['web-seed-0'] }]);
});

test('the simulator catches runs that are not gone on with', () => {
  const members = [
    {
      role: 'leecher',
      seeds: false,
      haveShare: 0,
      budgetPieces: 1,
      webSeeds: [HONEST_WEB_SEED],
      bytesPerSecond: 1e6,
      latencyMs: 5,
    } as const,
  ];
  const scenario: Scenario = {
    seed: 1,
    content: contents['forty pieces'],
    members,
    strays: 0,
    limits: SIM_LIMITS,
    featureShare: 1,
  };
  const swarm = new Swarm({ ...scenario, sabotage: (action) => (action.type === 'resume-run' ? null : action) });
  expect(() => swarm.run(60_000)).toThrow();
});

function failureOf(seed: number): string | null {
  try {
    new Swarm(drawWebSeedScenario(seed)).run(TIME_LIMIT_MS);
    return null;
  } catch (error) {
    return `EFFUSION_SIM_SEED=${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

test(`${seeds.length} random swarms with web seeds keep the rules and complete`, { timeout: 30 * 60_000 }, () => {
  expect(seeds.map(failureOf).filter((failure) => failure !== null)).toEqual([]);
});
