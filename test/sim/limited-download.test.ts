// Downloads under a limit, in virtual time: the limit is kept and used, shared evenly among peers and torrents, and nobody suffers for it.

import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/model/random.js';
import { joinPacers, RequestPacer } from '../../src/net/request-pacer.js';
import { SIM_LIMITS } from '../support/sim/limits.js';
import { drawScenario, Swarm, type MemberSpec, type Scenario } from '../support/sim/scenario.js';
import type { SessionNode } from '../support/sim/session-node.js';
import { traitsOf, type Traits } from '../support/sim/traits.js';

const RATE = 100 * 1024;
const pacer = (bytesPerSecond: number): RequestPacer => new RequestPacer({ bytesPerSecond, leewayMs: 50, maxDebtMs: 1000 });
const plain: Traits = { ...traitsOf('plain', createRandom(1)), dials: false };

function source(bytesPerSecond: number, latencyMs: number, traits = plain): MemberSpec {
  return { role: 'scripted', traits, haveShare: 1, bytesPerSecond, latencyMs };
}

function leecher(pace: RequestPacer): MemberSpec {
  return { role: 'leecher', seeds: false, haveShare: 0, budgetPieces: 500, bytesPerSecond: 1e7, latencyMs: 10, pace };
}

function scenario(seed: number, members: readonly MemberSpec[], totalLength = 8 * 1024 * 1024): Scenario {
  const content = { totalLength, pieceLength: 65_536, padding: 0 };
  return { seed, content, members, strays: 0, limits: SIM_LIMITS, featureShare: 1 };
}

function receivedBytes(node: SessionNode): number {
  const { downloadedBytes, wastedBytes } = node.session.snapshot(0);
  return downloadedBytes - wastedBytes;
}

/** Lets the swarm live for so long, and says what came in each span after the first peers were met. */
function bytesOfSpans(swarm: Swarm, warmUpMs: number, spanMs: number, spans: number): number[] {
  const [node] = swarm.leechers;
  for (const each of swarm.nodes) each.start([]);
  swarm.world.run(warmUpMs, () => false);
  return Array.from({ length: spans }, (_, index) => {
    const before = receivedBytes(node);
    swarm.world.run(warmUpMs + (index + 1) * spanMs, () => false);
    return receivedBytes(node) - before;
  });
}

describe('a limit of 100 KiB/s with 50 peers', () => {
  const swarms: Readonly<Record<string, readonly MemberSpec[]>> = {
    'that are all quick': Array.from({ length: 50 }, () => source(1_000_000, 20)),
    'far away': Array.from({ length: 50 }, () => source(1_000_000, 400)),
    'of all kinds': Array.from({ length: 50 }, (_, n) => source([4000, 50_000, 5_000_000][n % 3], (n * 13) % 300)),
    'half of which never deliver': Array.from({ length: 50 }, (_, n) =>
      source(1_000_000, 20, n % 2 === 0 ? plain : { ...plain, kind: 'staller', deliversBlocks: 0 }),
    ),
  };
  test.each(Object.entries(swarms))(
    '%s: 95 per cent of it at least in each ten seconds, and never more but for a block at each end',
    (_, members) => {
      const spans = bytesOfSpans(new Swarm(scenario(1, [...members, leecher(pacer(RATE))])), 10_000, 10_000, 6);
      for (const bytes of spans) expect(bytes / (10 * RATE)).toBeGreaterThanOrEqual(0.95);
      // At each end of a span a block counts whole or not at all.
      for (const bytes of spans) expect(bytes).toBeLessThanOrEqual(10 * RATE + 2 * 16_384);
    },
  );

  test('each quick peer gives the same', () => {
    const swarm = new Swarm(scenario(2, [...swarms['that are all quick'], leecher(pacer(RATE))]));
    bytesOfSpans(swarm, 0, 60_000, 1);
    const given = swarm.leechers[0].session.snapshot(swarm.world.now).peers.map((peer) => peer.downloadedBytes);
    expect(given).toHaveLength(50);
    expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(16_384);
  });

  test('nobody is snubbed, dropped or taken for silent, and the session says what it waits for', () => {
    const swarm = new Swarm(scenario(3, [...swarms['far away'], leecher(pacer(RATE / 10))]));
    const [node] = swarm.leechers;
    for (const each of swarm.nodes) each.start([]);
    let throttled = 0;
    for (let second = 30; second < 220; second++) {
      swarm.world.run(second * 1000, () => false);
      const { isThrottled, peers } = node.session.snapshot(swarm.world.now);
      throttled += Number(isThrottled);
      expect(peers.filter((peer) => peer.isSnubbed)).toEqual([]);
      expect(peers).toHaveLength(50);
    }
    expect(throttled).toBeGreaterThan(180);
    expect(node.notices.filter((notice) => notice.type === 'peer-closed')).toEqual([]);
  });
});

test('two torrents share the limit of the process evenly, each below its own', () => {
  const all = pacer(RATE);
  const pace = (own: number): RequestPacer => joinPacers([all, pacer(own)]) as RequestPacer;
  const members = [source(1e6, 20), source(1e6, 50), leecher(pace(10 * RATE)), leecher(pace(RATE / 4)), leecher(pace(10 * RATE))];
  const swarm = new Swarm(scenario(4, members));
  for (const each of swarm.nodes) each.start([]);
  swarm.world.run(60_000, () => false);
  const shares = swarm.leechers.map((node) => receivedBytes(node) / (60 * RATE));
  expect(shares[0]).toBeCloseTo(0.375, 1);
  expect(shares[1]).toBeCloseTo(0.25, 1);
  expect(shares[2]).toBeCloseTo(0.375, 1);
});

test('a limit far above what the peers can give costs nothing', () => {
  const elapsed = [null, pacer(1e9)].map((pace) => {
    const node: MemberSpec = { ...leecher(pacer(1)), ...(pace === null ? { pace: undefined } : { pace }) } as MemberSpec;
    return new Swarm(scenario(5, [source(500_000, 20), source(500_000, 80), node])).run(60_000).elapsedMs;
  });
  expect(elapsed[1]).toBeLessThanOrEqual(elapsed[0] * 1.05);
});

test('random swarms keep the rules under random limits, and complete', { timeout: 120_000 }, () => {
  const failures: string[] = [];
  for (let seed = 0; seed < 80; seed++) {
    const drawn = drawScenario(seed);
    const random = createRandom(seed);
    const members = drawn.members.map((member) =>
      member.role === 'leecher' ? { ...member, pace: pacer([20_000, 200_000, 5_000_000][random.below(3)]) } : member,
    );
    try {
      new Swarm({ ...drawn, members }).run(60 * 60_000);
    } catch (error) {
      failures.push(`${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  expect(failures).toEqual([]);
});
