import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { Bitfield } from '../../../src/model/bitfield.js';
import type { PieceIndex } from '../../../src/model/ids.js';

const piece = (index: number): PieceIndex => index as PieceIndex;

describe('Bitfield', () => {
  test('is a set that keeps its count', () => {
    const step = fc.tuple(fc.boolean(), fc.nat(70));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 71 }), fc.array(step), (length, steps) => {
        const field = new Bitfield(length);
        const model = new Set<number>();
        for (const [sets, index] of steps.filter(([, i]) => i < length)) {
          const changes = sets ? !model.has(index) : model.has(index);
          expect(sets ? field.set(piece(index)) : field.clear(piece(index))).toBe(changes);
          if (sets) model.add(index);
          else model.delete(index);
        }
        expect([...field]).toEqual([...model].toSorted((a, b) => a - b));
        expect(field.count).toBe(model.size);
        expect(field.isFull).toBe(model.size === length);
        expect(field.isEmpty).toBe(model.size === 0);
        const copy = Bitfield.fromBytes(field.toBytes(), length);
        expect(copy?.count).toBe(field.count);
        expect([...(copy ?? [])]).toEqual([...field]);
      }),
    );
  });

  test('puts piece 0 into the highest bit of byte 0', () => {
    const field = new Bitfield(10);
    field.set(piece(0));
    field.set(piece(9));
    expect([...field.toBytes()]).toEqual([0x80, 0x40]);
    expect([...Bitfield.full(10).toBytes()]).toEqual([0xff, 0xc0]);
    expect([...Bitfield.full(16).toBytes()]).toEqual([0xff, 0xff]);
  });

  test('refuses a wrong length and spare bits', () => {
    expect(Bitfield.fromBytes(Uint8Array.of(0xff), 9)).toBeNull();
    expect(Bitfield.fromBytes(Uint8Array.of(0xff, 0, 0), 9)).toBeNull();
    expect(Bitfield.fromBytes(Uint8Array.of(0xff, 0x40), 9)).toBeNull();
    expect(Bitfield.fromBytes(Uint8Array.of(0xff, 0x80), 9)?.isFull).toBe(true);
  });

  test('shares no memory with what it was made of, or gave away', () => {
    const bytes = Uint8Array.of(0x80);
    const field = Bitfield.fromBytes(bytes, 8);
    bytes[0] = 0xff;
    field?.toBytes().fill(0xff);
    const copy = field?.clone();
    copy?.set(piece(5));
    expect([...(field ?? [])]).toEqual([0]);
  });
});
