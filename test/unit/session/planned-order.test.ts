import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { createRandom } from '../../../src/model/random.js';
import { PiecePicker } from '../../../src/session/piece-picker.js';
import type { PiecePlan } from '../../../src/session/piece-plan.js';
import { createPieceOrder } from '../../../src/session/planned-order.js';

const PIECES = 12;
const piece = (index: number): PieceIndex => index as PieceIndex;

type Step = readonly ['insert' | 'remove' | 'addHave' | 'removeHave' | 'addSeed' | 'removeSeed', number];

const steps = fc.array(
  fc.tuple(fc.constantFrom<Step[0]>('insert', 'remove', 'addHave', 'removeHave', 'addSeed', 'removeSeed'), fc.nat(PIECES - 1)),
  { maxLength: 120 },
);

function planOf(levels: readonly number[], isSequential: boolean): PiecePlan {
  const wanted = new Bitfield(PIECES);
  for (const [index, level] of levels.entries()) if (level > 0) wanted.set(piece(index));
  return { levels: Uint8Array.from(levels), wanted, partialBytes: new Map(), totalBytes: 0, givenBytes: 0, isSequential };
}

test('agrees with a naive order after any changes: the highest level, and in it the rarest or the first', () => {
  const levels = fc.array(fc.nat(4), { minLength: PIECES, maxLength: PIECES });
  const owned = fc.uniqueArray(fc.nat(PIECES - 1));
  fc.assert(
    fc.property(steps, levels, fc.boolean(), owned, fc.nat(), (list, levelOf, isSequential, owns, seed) => {
      const order = createPieceOrder(PIECES, createRandom(seed), planOf(levelOf, isSequential));
      const have = new Bitfield(PIECES);
      for (const index of owns) have.set(piece(index));
      const pickable = new Set<number>();
      const counts = Array<number>(PIECES).fill(0);
      let seeds = 0;
      let insertions = 0;
      for (const [kind, index] of list) {
        if (kind === 'removeHave' && counts[index] === 0) continue;
        if (kind === 'removeSeed' && seeds === 0) continue;
        if (kind === 'insert' && !pickable.has(index)) insertions++;
        if (kind === 'insert') pickable.add(index);
        if (kind === 'remove') pickable.delete(index);
        if (kind === 'addHave' || kind === 'removeHave') counts[index] += kind === 'addHave' ? 1 : -1;
        if (kind === 'addSeed' || kind === 'removeSeed') {
          seeds += kind === 'addSeed' ? 1 : -1;
          order[kind]();
        } else {
          order[kind](piece(index));
        }
        expect([order.count, order.insertions]).toEqual([pickable.size, insertions]);
        const candidates = [...pickable].filter((other) => owns.includes(other));
        const top = Math.max(...candidates.map((other) => levelOf[other]));
        const ofTop = candidates.filter((other) => levelOf[other] === top);
        const least = Math.min(...ofTop.map((other) => counts[other]));
        const best = isSequential ? [Math.min(...ofTop)] : ofTop.filter((other) => counts[other] === least);
        const picked = order.pick(have, () => true);
        if (candidates.length === 0) expect(picked).toBeNull();
        else expect(best).toContain(picked);
        // What is refused is passed over, whatever its level.
        if (candidates.length > 1) expect(order.pick(have, (other) => other !== picked)).not.toBeNull();
      }
      const topOfAll = Math.max(...[...pickable].map((other) => levelOf[other]));
      for (let index = 0; index < PIECES; index++) {
        expect(order.availability(piece(index))).toBe(counts[index] + seeds);
        expect(order.isPickable(piece(index))).toBe(pickable.has(index));
        if (pickable.has(index)) expect(order.isUrgent(piece(index))).toBe(levelOf[index] === topOfAll);
      }
    }),
  );
});

test('without a plan, and with one level, there is no layer around the picker', () => {
  expect(createPieceOrder(PIECES, createRandom(1), null)).toBeInstanceOf(PiecePicker);
  expect(createPieceOrder(PIECES, createRandom(1), planOf(Array<number>(PIECES).fill(2), false))).toBeInstanceOf(PiecePicker);
});
