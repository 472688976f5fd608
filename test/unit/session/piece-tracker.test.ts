import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { Bitfield } from '../../../src/model/bitfield.js';
import { InvariantError } from '../../../src/model/error.js';
import { Geometry } from '../../../src/model/geometry.js';
import { toPeerKey, type PieceIndex } from '../../../src/model/ids.js';
import { createRandom } from '../../../src/model/random.js';
import { PieceTracker } from '../../../src/session/piece-tracker.js';
import { SimBudget } from '../../support/sim/sim-budget.js';

const piece = (index: number): PieceIndex => index as PieceIndex;
const peer = toPeerKey(1);

function createTracker(limit: number, pieces = 6): { tracker: PieceTracker; budget: SimBudget; geometry: Geometry } {
  const geometry = new Geometry(pieces * 40_000 - 1000, 40_000);
  const budget = new SimBudget(limit);
  const tracker = new PieceTracker(geometry, budget, createRandom(1), () => false);
  tracker.start(new Bitfield(pieces));
  return { tracker, budget, geometry };
}

describe('PieceTracker', () => {
  test('keeps every piece in one state and the budget exact, whatever happens', () => {
    const step = fc.tuple(fc.constantFrom('open', 'whole', 'finish', 'reopen'), fc.nat(5));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 250_000 }), (steps, limit) => {
        const { tracker, budget, geometry } = createTracker(limit);
        for (const [kind, index] of steps) {
          const target = piece(index);
          const before = tracker.stateOf(target);
          if (kind === 'open' && before === 'missing') {
            const hasRoom = budget.reserved === 0 || budget.reserved + geometry.pieceLength(target) <= limit;
            expect(tracker.open(target, false, 0) !== null).toBe(hasRoom);
          } else if (kind === 'whole' && before === 'open') {
            const open = tracker.openPiece(target);
            for (let block = 0; block < geometry.blockCount(target); block++) {
              open?.ask(block, peer, 0);
              open?.receive(block, peer);
            }
            if (open !== undefined) tracker.moveToStoring(open);
          } else if (kind === 'finish' && before === 'storing') tracker.finish(target);
          else if (kind === 'reopen' && (before === 'open' || before === 'storing')) tracker.reopen(target);
          let reserved = 0;
          let verified = 0;
          for (const other of geometry.pieces()) {
            const state = tracker.stateOf(other);
            expect(tracker.picker.isPickable(other)).toBe(state === 'missing');
            if (state === 'open' || state === 'storing') reserved += geometry.pieceLength(other);
            if (state === 'have') verified += geometry.pieceLength(other);
          }
          expect(budget.reserved).toBe(reserved);
          expect(tracker.verifiedBytes).toBe(verified);
        }
        tracker.releaseAll();
        expect(budget.reserved).toBe(0);
      }),
    );
  });

  test('opens one piece whatever the budget says, and one that must be settled', () => {
    const { tracker } = createTracker(1);
    expect(tracker.open(piece(0), false, 0)).not.toBeNull();
    expect(tracker.open(piece(1), false, 0)).toBeNull();
    expect(tracker.open(piece(1), true, 0)).not.toBeNull();
  });

  test('is in the endgame when every missing block is asked for, and not before', () => {
    const { tracker, geometry } = createTracker(1e9, 1);
    expect(tracker.isEndgame).toBe(false);
    const open = tracker.open(piece(0), false, 0);
    for (let block = 0; block < geometry.blockCount(piece(0)); block++) {
      expect(tracker.isEndgame).toBe(false);
      open?.ask(block, peer, 0);
      if (open !== null) tracker.updatePartial(open);
    }
    expect(tracker.isEndgame).toBe(true);
  });

  test('counts what the disk had', () => {
    const geometry = new Geometry(100, 30);
    const tracker = new PieceTracker(geometry, new SimBudget(1), createRandom(1), () => false);
    tracker.start(Bitfield.full(4));
    expect(tracker.isComplete).toBe(true);
    expect(tracker.verifiedBytes).toBe(100);
    expect(tracker.picker.count).toBe(0);
  });

  test('refuses steps that make no sense', () => {
    const { tracker } = createTracker(1e9);
    const open = tracker.open(piece(0), false, 0);
    expect(() => tracker.open(piece(0), false, 0)).toThrow(InvariantError);
    expect(() => tracker.finish(piece(0))).toThrow(InvariantError);
    expect(() => tracker.reopen(piece(1))).toThrow(InvariantError);
    expect(() => open !== null && tracker.moveToStoring(open)).toThrow(InvariantError);
  });
});
