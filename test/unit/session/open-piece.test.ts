import { describe, expect, test } from 'vitest';
import { toPeerKey, type PieceIndex } from '../../../src/model/ids.js';
import { OpenPiece } from '../../../src/session/open-piece.js';

const [a, b, c] = [toPeerKey(1), toPeerKey(2), toPeerKey(3)];
const create = (blocks: number): OpenPiece => new OpenPiece(4 as PieceIndex, blocks, false, 0);

describe('OpenPiece', () => {
  test('hands out its blocks in order and takes them back', () => {
    const open = create(3);
    expect(open.nextUnrequested()).toBe(0);
    open.ask(0, a, 5);
    open.ask(1, b, 6);
    expect(open.nextUnrequested()).toBe(2);
    expect(open.unrequested).toBe(1);
    expect(open.askedAt(1)).toBe(6);
    expect(open.unask(0, a)).toBe(true);
    expect(open.nextUnrequested()).toBe(0);
    expect(open.unask(0, a)).toBe(false);
    open.ask(0, a, 7);
    open.ask(2, a, 7);
    expect(open.nextUnrequested()).toBe(-1);
  });

  test('knows both askers of a block and names the other one when it comes', () => {
    const open = create(2);
    open.ask(0, a, 0);
    open.ask(0, b, 1);
    expect(open.copies(0)).toBe(2);
    expect(open.firstAsker(0)).toBe(a);
    expect([a, b, c].map((peer) => open.isAskedOf(0, peer))).toEqual([true, true, false]);
    expect(open.receive(0, b)).toBe(a);
    expect(open.copies(0)).toBe(0);
    expect(open.source(0)).toBe(b);
    open.ask(1, c, 2);
    expect(open.receive(1, c)).toBeNull();
    expect(open.isWhole).toBe(true);
    expect(open.sources()).toEqual(new Set([b, c]));
  });

  test('a second asker moves up when the first is let off', () => {
    const open = create(1);
    open.ask(0, a, 0);
    open.ask(0, b, 0);
    expect(open.unask(0, a)).toBe(false);
    expect(open.firstAsker(0)).toBe(b);
    expect(open.unask(0, b)).toBe(true);
    expect(open.firstAsker(0)).toBeNull();
  });

  test('padding is there already, from nobody', () => {
    const open = create(2);
    open.receivePadding(0);
    expect(open.unrequested).toBe(1);
    expect(open.nextUnrequested()).toBe(1);
    expect(open.source(0)).toBeNull();
    open.ask(1, a, 0);
    open.receive(1, a);
    expect(open.isWhole).toBe(true);
    expect(open.sources()).toEqual(new Set([a]));
  });

  test('knows whose hands are in it', () => {
    const open = create(3);
    open.ask(0, a, 0);
    open.receive(0, a);
    expect(open.involves(a)).toBe(true);
    expect(open.involvesOthers(a)).toBe(false);
    open.ask(1, b, 0);
    expect(open.involvesOthers(a)).toBe(true);
    expect(open.involves(c)).toBe(false);
  });
});
