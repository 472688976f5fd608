// Swarms in which some take encrypted connections only and others plain ones only: everybody who can be served is, by the retry of a
// dial that was closed without a word, within the limits that hold for every dial.

import { expect, test } from 'vitest';
import { createRandom } from '../../src/model/random.js';
import { SIM_LIMITS } from '../support/sim/limits.js';
import { Swarm, type MemberSpec } from '../support/sim/scenario.js';
import { traitsOf } from '../support/sim/traits.js';
import type { EncryptionPolicy } from '../../src/wire/mse/encryption-policy.js';

const link = { bytesPerSecond: 1e6, latencyMs: 20 };
const seed = (encryption: EncryptionPolicy): MemberSpec => ({ role: 'seed', encryption, ...link });
const scripted = (encryption: EncryptionPolicy): MemberSpec => ({
  role: 'scripted',
  traits: { ...traitsOf('plain', createRandom(1)), dials: false },
  haveShare: 1,
  encryption,
  ...link,
});
const leecher = (encryption: EncryptionPolicy): MemberSpec => ({
  role: 'leecher',
  seeds: false,
  haveShare: 0,
  budgetPieces: 16,
  encryption,
  ...link,
});

const swarms: Readonly<Record<string, readonly MemberSpec[]>> = {
  'a seed that encrypts': [seed('require'), leecher('prefer'), leecher('require')],
  'a seed that does not': [seed('off'), leecher('prefer'), leecher('off')],
  'one of each': [seed('require'), seed('off'), leecher('prefer'), leecher('require'), leecher('off')],
  'a scripted peer that encrypts': [scripted('require'), leecher('prefer')],
  'many that encrypt': [...Array.from({ length: 12 }, () => scripted('require')), leecher('prefer'), leecher('prefer')],
};

test.each(Object.entries(swarms))('%s: every leecher completes, and soon', (_, members) => {
  for (let serial = 1; serial <= 10; serial++) {
    const content = { totalLength: 500_000, pieceLength: 32_768, padding: 0 };
    const scenario = { seed: serial, content, members, strays: 2, limits: SIM_LIMITS, featureShare: 1 };
    const { elapsedMs, leechers } = new Swarm(scenario).run(10 * 60_000);
    expect(leechers.every(({ completedAt }) => completedAt !== null)).toBe(true);
    // Sooner than the first wait after a failed dial would let it, with time for the tracker and the bytes.
    expect(elapsedMs).toBeLessThan(SIM_LIMITS.backoffMs);
  }
});
