// A session that was told which pieces it wants: interest, order, endgame and the end are about these.

import { describe, expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import { Geometry } from '../../../src/model/geometry.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { type PiecePlan, planPieces } from '../../../src/session/piece-plan.js';
import { BLOCK, SessionDriver } from '../../support/session-driver.js';

const PIECES = 12;
const LIMITS = { probationPieces: 100 };

function pieces(...indices: number[]): Bitfield {
  const field = new Bitfield(PIECES);
  for (const index of indices) field.set(index as PieceIndex);
  return field;
}

/** One file a piece. */
function plan(options: Omit<Parameters<typeof planPieces>[0], 'files' | 'geometry'>): PiecePlan | null {
  const files = Array.from({ length: PIECES }, (_, index) => ({ offset: index * BLOCK, length: BLOCK, isPadding: false }));
  return planPieces({ files, geometry: new Geometry(PIECES * BLOCK, BLOCK), ...options });
}

test('only who has a wanted piece is of interest, and is asked for nothing else', () => {
  const driver = new SessionDriver(PIECES, { plan: plan({ chosen: new Set([2, 5]) }), limits: LIMITS });
  const [useless, useful] = [driver.connect(1), driver.connect(2)];
  driver.say(useless, { type: 'bitfield', bytes: pieces(0, 1, 3).toBytes() });
  driver.say(useful, { type: 'have-all' });
  for (const peer of [useless, useful]) driver.say(peer, { type: 'unchoke' });
  expect(driver.sent(useless, 'interested')).toEqual([]);
  expect(driver.asked(useless)).toEqual([]);
  expect(driver.asked(useful).toSorted((a, b) => a - b)).toEqual([2, 5]);
  expect(driver.session.snapshot(driver.now)).toMatchObject({ isEndgame: true, wantedPieces: 2, missingPieces: 2 });
  driver.say(useless, { type: 'have', piece: 5 });
  expect(driver.sent(useless, 'interested')).toHaveLength(1);
});

test('the last wanted piece is the end: no more interest, and no word of being complete to trackers', () => {
  const driver = new SessionDriver(PIECES, { plan: plan({ chosen: new Set([2, 5]) }), limits: LIMITS, seeds: true });
  const peer = driver.connect(1);
  driver.say(peer, { type: 'bitfield', bytes: pieces(0, 2, 5).toBytes() });
  driver.say(peer, { type: 'unchoke' });
  for (const piece of [2, 5]) {
    driver.deliver(peer, piece);
    driver.handle({ type: 'piece-stored', piece: piece as PieceIndex });
  }
  expect(driver.sent(peer, 'not-interested')).toHaveLength(1);
  expect(driver.actions.filter(({ type }) => type === 'complete')).toHaveLength(1);
  expect(driver.actions.filter(({ type }) => type === 'announce')).toEqual([{ type: 'announce', event: 'partial-seed' }]);
  expect(driver.session.snapshot(driver.now)).toMatchObject({
    isComplete: true,
    totalBytes: 2 * BLOCK,
    leftBytes: 0,
    announcedLeftBytes: 10 * BLOCK,
  });
  // A seed has nothing for us any more, nor we for it.
  driver.say(driver.connect(2), { type: 'have-all' });
  expect(driver.disconnects()).toContain('2 both-seeds');
});

test('who chose everything that was missing is a seed, and says so', () => {
  const have = pieces(...Array.from({ length: PIECES - 1 }, (_, index) => index));
  const driver = new SessionDriver(PIECES, { plan: plan({ chosen: new Set([11]) }), limits: LIMITS, have });
  const peer = driver.connect(1);
  driver.say(peer, { type: 'have-all' });
  driver.say(peer, { type: 'unchoke' });
  driver.deliver(peer, 11);
  driver.handle({ type: 'piece-stored', piece: 11 as PieceIndex });
  expect(driver.actions).toContainEqual({ type: 'announce', event: 'completed' });
});

describe('the order', () => {
  const firstAsked = (options: Parameters<typeof plan>[0], has: Bitfield): number[] => {
    const driver = new SessionDriver(PIECES, { plan: plan(options), limits: LIMITS });
    const peer = driver.connect(1);
    // Piece 11 is rare: the first to be asked for without a plan.
    const other = driver.connect(2);
    driver.say(other, { type: 'bitfield', bytes: pieces(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).toBytes() });
    driver.say(peer, { type: 'bitfield', bytes: has.toBytes() });
    driver.say(peer, { type: 'unchoke' });
    return driver.asked(peer);
  };

  test('rarest first in each level, from high to low', () => {
    const asked = firstAsked(
      {
        chosen: null,
        priorities: new Map([
          [4, 'high'],
          [7, 'high'],
          [11, 'low'],
        ] as const),
      },
      Bitfield.full(PIECES),
    );
    expect(asked.slice(0, 2).toSorted((a, b) => a - b)).toEqual([4, 7]);
    expect(asked.at(-1)).toBe(11);
  });

  test('sequential: the torrent’s, in each level, as far as the peer has it', () => {
    expect(firstAsked({ chosen: null, isSequential: true }, pieces(1, 2, 5, 9, 11))).toEqual([1, 2, 5, 9, 11]);
    const priorities = new Map([
      [9, 'high'],
      [1, 'low'],
    ] as const);
    expect(firstAsked({ chosen: null, isSequential: true, priorities }, pieces(1, 2, 5, 9, 11))).toEqual([9, 2, 5, 11, 1]);
  });
});

test('a super-seed that waits for a peer to take what it does not want tells it of more', () => {
  const driver = new SessionDriver(PIECES, { seeds: true, superSeeds: true, have: Bitfield.full(PIECES) });
  const [a, b] = [driver.connect(1, { incoming: true }), driver.connect(2, { incoming: true })];
  for (const peer of [a, b]) driver.say(peer, { type: 'have-none' });
  driver.say(b, { type: 'interested' });
  const before = driver.sent(a, 'have').length;
  driver.pass(10_000);
  expect(driver.sent(a, 'have')).toHaveLength(before);
  driver.pass(10_000);
  expect(driver.sent(a, 'have').length).toBeGreaterThan(before);
  expect(driver.sent(b, 'have')).toHaveLength(before);
});
