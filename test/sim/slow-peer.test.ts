// The only source is slower than a block in the time after which a peer is snubbed: the download takes long, and ends.

import { expect, test } from 'vitest';
import { createRandom } from '../../src/model/random.js';
import { SIM_LIMITS } from '../support/sim/limits.js';
import { Swarm, type MemberSpec } from '../support/sim/scenario.js';
import { traitsOf } from '../support/sim/traits.js';

const BYTES_PER_SECOND = 600;
const trickle = { bytesPerSecond: BYTES_PER_SECOND, latencyMs: 50, haveShare: 1 };
const plain = { ...traitsOf('plain', createRandom(1)), dials: false };
const dead: MemberSpec = {
  role: 'scripted',
  traits: { ...plain, kind: 'staller', deliversBlocks: 0 },
  haveShare: 1,
  bytesPerSecond: 1_000_000,
  latencyMs: 5,
};

const sources: Readonly<Record<string, readonly MemberSpec[]>> = {
  'a scripted peer': [{ role: 'scripted', traits: plain, ...trickle }],
  'a session': [{ role: 'seed', ...trickle }],
  'one beside dead ones': [{ role: 'scripted', traits: plain, ...trickle }, dead, dead, dead],
};

test.each(Object.entries(sources))('%s that trickles delivers in the end', (_, members) => {
  for (const seed of [1, 2, 3]) {
    const leecher: MemberSpec = {
      role: 'leecher',
      seeds: false,
      haveShare: 0,
      budgetPieces: 16,
      bytesPerSecond: 1e6,
      latencyMs: 5,
    };
    const content = { totalLength: 32_768, pieceLength: 32_768, padding: 0 };
    const scenario = { seed, content, members: [...members, leecher], strays: 0, limits: SIM_LIMITS, featureShare: 1 };
    const { elapsedMs } = new Swarm(scenario).run(30 * 60_000);
    expect(elapsedMs).toBeGreaterThan((32_768 / BYTES_PER_SECOND) * 1000);
  }
});
