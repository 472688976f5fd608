// One hostile peer beside one honest seed: it costs at most twice the time without it and five seconds, in virtual time.

import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/model/random.js';
import { SIM_LIMITS } from '../support/sim/limits.js';
import { Swarm, type ContentSpec, type MemberSpec, type Scenario } from '../support/sim/scenario.js';
import { traitsOf, type Traits } from '../support/sim/traits.js';

const TIME_LIMIT_MS = 60 * 60_000;
const SLACK_MS = 5000;
const SEEDS = [1, 2, 3];
/** Pieces that fit into the memory budget: few, so that one peer could hold them all, or plenty. */
const BUDGETS = [2, 512];

const honest = { ...traitsOf('plain', createRandom(1)), dials: false };

const hostile: Readonly<Record<string, Partial<Traits>>> = {
  'always lies': { kind: 'liar', corrupt: 1 },
  'lies now and then': { kind: 'liar', corrupt: 0.1 },
  'lies rarely': { kind: 'liar', corrupt: 0.02 },
  'lies, then stalls': { kind: 'liar', corrupt: 0.5, deliversBlocks: 3 },
  'lies slowly': { kind: 'liar', corrupt: 0.5, delayMs: 1500 },
  'unchokes and never delivers': { kind: 'staller', deliversBlocks: 0 },
  'stalls after some blocks': { kind: 'staller', deliversBlocks: 5 },
  'is silent': { kind: 'silent', isSilent: true },
  'rejects everything': { kind: 'rejecter', rejects: 1 },
  'rejects half': { kind: 'rejecter', rejects: 0.5 },
  'chokes and unchokes': { kind: 'flapper', flapMs: 150 },
  drips: { kind: 'dripper', delayMs: 15_000 },
  floods: { kind: 'flooder', floodMs: 100 },
  'vanishes and returns': { kind: 'vanishing', vanishMs: 400 },
};

const contents: Readonly<Record<string, ContentSpec>> = {
  'one block': { totalLength: 10_000, pieceLength: 16_384, padding: 0 },
  'three pieces': { totalLength: 3 * 65_536 - 100, pieceLength: 65_536, padding: 0 },
  'forty pieces': { totalLength: 40 * 65_536 - 5, pieceLength: 65_536, padding: 0 },
  'few large pieces': { totalLength: 3 * 1_048_576, pieceLength: 1_048_576, padding: 0 },
};

function elapsedMs(seed: number, content: ContentSpec, budgetPieces: number, others: readonly MemberSpec[]): number {
  const link = { bytesPerSecond: 1_000_000, latencyMs: 20 };
  const members: MemberSpec[] = [
    { role: 'scripted', traits: honest, haveShare: 1, ...link },
    { role: 'leecher', seeds: false, haveShare: 0, budgetPieces, ...link },
    ...others,
  ];
  const scenario: Scenario = { seed, content, members, strays: 0, limits: SIM_LIMITS, featureShare: 1 };
  return new Swarm(scenario).run(TIME_LIMIT_MS).elapsedMs;
}

describe.each(Object.entries(contents))('%s', (_, content) => {
  test.each(Object.entries(hostile))('a peer that %s', (_, traits) => {
    for (const [seed, budget] of SEEDS.flatMap((seed) => BUDGETS.map((budget) => [seed, budget]))) {
      const alone = elapsedMs(seed, content, budget, []);
      const peer: MemberSpec = {
        role: 'scripted',
        traits: { ...honest, ...traits },
        haveShare: 1,
        bytesPerSecond: 1_000_000,
        latencyMs: 5,
      };
      const together = elapsedMs(seed, content, budget, [peer]);
      expect(together, `seed ${seed}, budget ${budget}: ${alone} ms alone`).toBeLessThanOrEqual(2 * alone + SLACK_MS);
    }
  });
});
