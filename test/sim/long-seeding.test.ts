// A seed that runs for weeks: thousands of peers come, ask and go, and when they have gone there is nothing more of them than there was of
// those before. Counted in live objects and entries of tables, in virtual time.

import { expect, test } from 'vitest';
import { Bitfield } from '../../src/model/bitfield.js';
import { watchRecords } from '../support/live-records.js';
import { SessionDriver } from '../support/session-driver.js';
import { PassingCrowd } from '../support/sim/passing-crowd.js';

const PIECES = 64;
/** Enough for every table that has a limit to reach it: the longest remembers 2000 connections. */
const BEFORE = 2400;
const MORE = 3000;
/** One thing kept of every fiftieth peer is too much; what is left is how full the bounded tables happen to be, and the test runner. */
const SLACK = MORE / 50;

/** Smaller than those of the product, so that they are soon reached; but a super-seed does not give up on peers that pass little on. */
const LIMITS = { maxAddresses: 100, maxPexAddresses: 40, maxDhtAddresses: 30, maxLsdAddresses: 10, superSeedGiveUpMs: 1e12 };

function seed(superSeeds: boolean): SessionDriver {
  const have = Bitfield.full(PIECES);
  return new SessionDriver(PIECES, { have, seeds: true, superSeeds, limits: LIMITS, infoBytes: new Uint8Array(5000) });
}

test.each([
  ['seed', false],
  ['super-seed', true],
])('a %s keeps nothing of the peers that were there', { timeout: 120_000 }, async (_what, superSeeds) => {
  const count = watchRecords();
  const driver = seed(superSeeds);
  const crowd = new PassingCrowd(driver, PIECES, 1);
  crowd.pass(BEFORE);
  const before = await count();
  const [blocks, peers] = [crowd.blocksSent, crowd.peersMet];
  crowd.pass(MORE);
  const after = await count();
  expect(crowd.peersMet - peers).toBeGreaterThanOrEqual(MORE);
  expect(crowd.blocksSent - blocks).toBeGreaterThan(4 * MORE);
  expect(driver.session.snapshot(driver.now)).toMatchObject({ peers: [], isSuperSeeding: superSeeds });
  expect(after.entries - before.entries).toBeLessThan(SLACK);
  expect(after.objects - before.objects).toBeLessThan(SLACK);
});

test('the counts show a table or a list that keeps one thing of every peer', { timeout: 120_000 }, async () => {
  const count = watchRecords();
  const crowd = new PassingCrowd(seed(false), PIECES, 2);
  crowd.pass(100);
  const before = await count();
  const table = new Map<number, number>();
  const list: object[] = [];
  for (let peer = 0; peer < MORE; peer++) {
    table.set(peer, peer);
    list.push({ peer });
  }
  const after = await count();
  expect(after.entries - before.entries).toBeGreaterThanOrEqual(MORE);
  // Something else may have gone meanwhile.
  expect(after.objects - before.objects).toBeGreaterThan(MORE - SLACK);
  expect(table.size + list.length).toBe(2 * MORE);
});
