import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';
import { createRandom } from '../../../src/model/random.js';
import { PiecePicker } from '../../../src/session/piece-picker.js';

const PIECES = 12;
const piece = (index: number): PieceIndex => index as PieceIndex;

type Step = readonly ['insert' | 'remove' | 'addHave' | 'removeHave' | 'addSeed' | 'removeSeed', number];

/** What the picker claims to be, slow and plain. */
class NaivePicker {
  readonly pickable = new Set<number>();
  readonly counts = Array<number>(PIECES).fill(0);
  seeds = 0;

  /** False where the step makes no sense. */
  apply([kind, index]: Step): boolean {
    if (kind === 'insert') this.pickable.add(index);
    else if (kind === 'remove') this.pickable.delete(index);
    else if (kind === 'addHave') this.counts[index]++;
    else if (kind === 'addSeed') this.seeds++;
    else if (kind === 'removeHave') return this.counts[index] > 0 && this.counts[index]-- > 0;
    else return this.seeds > 0 && this.seeds-- > 0;
    return true;
  }

  rarest(have: ReadonlySet<number>): Set<number> {
    const candidates = [...this.pickable].filter((index) => have.has(index));
    const least = Math.min(...candidates.map((index) => this.counts[index]));
    return new Set(candidates.filter((index) => this.counts[index] === least));
  }
}

const steps = fc.array(
  fc.tuple(fc.constantFrom<Step[0]>('insert', 'remove', 'addHave', 'removeHave', 'addSeed', 'removeSeed'), fc.nat(PIECES - 1)),
  { maxLength: 120 },
);

describe('PiecePicker', () => {
  test('many at once come out as one by one, whatever was said and done before', () => {
    fc.assert(
      fc.property(steps, fc.uniqueArray(fc.nat(PIECES - 1)), fc.nat(), (before, added, seed) => {
        const pickers = [new PiecePicker(PIECES, createRandom(seed)), new PiecePicker(PIECES, createRandom(seed))];
        const naive = new NaivePicker();
        for (const step of before) {
          if (!naive.apply(step)) continue;
          const [kind, index] = step;
          for (const picker of pickers) {
            if (kind === 'addSeed' || kind === 'removeSeed') picker[kind]();
            else picker[kind](piece(index));
          }
        }
        const [all, each] = pickers;
        all.insertAll(added.map(piece));
        for (const index of added) each.insert(piece(index));
        expect([all.count, all.insertions]).toEqual([each.count, each.insertions]);
        for (const index of added) if (index % 2 === 0) for (const picker of pickers) picker.addHave(piece(index));
        for (let left = all.count; left > 0; left--) {
          const picked = all.pick(Bitfield.full(PIECES), () => true);
          expect(picked).toBe(each.pick(Bitfield.full(PIECES), () => true));
          for (const picker of pickers) picker.remove(picked as PieceIndex);
        }
        expect([all.count, each.count]).toEqual([0, 0]);
      }),
      {
        examples: [
          [[], [3, 1, 4, 0, 5], 1],
          [
            [
              ['insert', 3],
              ['addHave', 3],
              ['remove', 3],
              ['removeHave', 3],
            ],
            [1, 3, 2],
            5,
          ],
        ],
      },
    );
  });

  test('agrees with a naive one after any changes', () => {
    fc.assert(
      fc.property(steps, fc.uniqueArray(fc.nat(PIECES - 1)), fc.nat(), (list, owned, seed) => {
        const picker = new PiecePicker(PIECES, createRandom(seed));
        const naive = new NaivePicker();
        const have = new Bitfield(PIECES);
        for (const index of owned) have.set(piece(index));
        for (const step of list) {
          if (!naive.apply(step)) continue;
          const [kind, index] = step;
          if (kind === 'addSeed' || kind === 'removeSeed') picker[kind]();
          else picker[kind](piece(index));
          expect(picker.count).toBe(naive.pickable.size);
          const rarest = naive.rarest(new Set(owned));
          const picked = picker.pick(have, () => true);
          if (rarest.size === 0) expect(picked).toBeNull();
          else expect(rarest).toContain(picked);
        }
        for (let index = 0; index < PIECES; index++) {
          expect(picker.isPickable(piece(index))).toBe(naive.pickable.has(index));
          expect(picker.availability(piece(index))).toBe(naive.counts[index] + naive.seeds);
        }
        // Everything pickable comes once, rarest first.
        const order: number[] = [];
        for (let next = picker.pick(Bitfield.full(PIECES), () => true); next !== null;) {
          order.push(next);
          picker.remove(next);
          next = picker.pick(Bitfield.full(PIECES), () => true);
        }
        expect(new Set(order)).toEqual(naive.pickable);
        const counts = order.map((index) => naive.counts[index]);
        expect(counts).toEqual(counts.toSorted((a, b) => a - b));
      }),
    );
  });

  test('chooses among equals at random', () => {
    const firsts = new Set<number | null>();
    for (let seed = 0; seed < 200; seed++) {
      const picker = new PiecePicker(PIECES, createRandom(seed));
      for (let index = 0; index < PIECES; index++) picker.insert(piece(index));
      for (let index = 0; index < PIECES; index++) picker.addHave(piece(index));
      firsts.add(picker.pick(Bitfield.full(PIECES), () => true));
    }
    expect(firsts.size).toBe(PIECES);
  });

  test('skips what is not accepted', () => {
    const picker = new PiecePicker(3, createRandom(1));
    for (let index = 0; index < 3; index++) picker.insert(piece(index));
    picker.addHave(piece(2));
    expect(picker.pick(Bitfield.full(3), (candidate) => candidate === 2)).toBe(2);
    expect(picker.pick(Bitfield.full(3), () => false)).toBeNull();
  });

  test('counts insertions, so that callers know when to look again', () => {
    const picker = new PiecePicker(3, createRandom(1));
    picker.insert(piece(0));
    picker.insert(piece(0));
    expect(picker.insertions).toBe(1);
    picker.remove(piece(0));
    picker.insert(piece(0));
    expect(picker.insertions).toBe(2);
  });
});
