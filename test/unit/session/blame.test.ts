import { describe, expect, test } from 'vitest';
import { createAddress } from '../../../src/model/address.js';
import { toPeerKey, type PeerKey, type PieceIndex } from '../../../src/model/ids.js';
import { Blame } from '../../../src/session/blame.js';
import { OpenPiece } from '../../../src/session/open-piece.js';

const [a, b, c] = [toPeerKey(1), toPeerKey(2), toPeerKey(3)];
const piece = 3 as PieceIndex;
const digest = (value: number): Uint8Array => new Uint8Array(20).fill(value);

/** A piece whose blocks came from these, in order. */
function from(sources: readonly PeerKey[], index: PieceIndex = piece): OpenPiece {
  const open = new OpenPiece(index, sources.length, false, 0);
  for (const [block, source] of sources.entries()) {
    open.ask(block, source, 0);
    open.receive(block, source);
  }
  return open;
}

describe('Blame', () => {
  test('a single source is guilty at once', () => {
    const blame = new Blame();
    expect(blame.accuse(from([a, a]), null)).toBe(a);
    expect(blame.isOpenCase(piece)).toBe(false);
    expect(blame.hasFailed(piece)).toBe(true);
  });

  test('sources that share a piece are suspects until the true digests name the liar', () => {
    const blame = new Blame();
    expect(blame.accuse(from([a, b, a]), [digest(1), digest(66), digest(3)])).toBeNull();
    expect([a, b, c].map((peer) => blame.isSuspectOf(peer, piece))).toEqual([true, true, false]);
    expect(blame.isSuspectOf(a, 4 as PieceIndex)).toBe(false);
    expect(blame.isOpenCase(piece)).toBe(true);
    expect(blame.convict(piece, [digest(1), digest(2), digest(3)])).toEqual(new Set([b]));
  });

  test('both lies of two failures are on file', () => {
    const blame = new Blame();
    blame.accuse(from([a, b]), [digest(66), digest(2)]);
    blame.accuse(from([b, c]), [digest(1), digest(67)]);
    expect(blame.convict(piece, [digest(1), digest(2)])).toEqual(new Set([a, c]));
  });

  test('a verified piece acquits, and ends the probation of its sources', () => {
    const blame = new Blame();
    blame.accuse(from([a, b]), [digest(1), digest(2)]);
    blame.accuse(from([a, c], 5 as PieceIndex), [digest(1), digest(2)]);
    blame.countAttempt(piece);
    blame.acquit(from([b, b]));
    expect([a, b, c].map((peer) => blame.isSuspect(peer))).toEqual([true, false, true]);
    expect([a, b, c].map((peer) => blame.isProven(peer))).toEqual([false, true, false]);
    expect(blame.isOpenCase(piece)).toBe(false);
    expect(blame.attempts(piece)).toBe(0);
    blame.acquit(from([c, c], 5 as PieceIndex));
    expect(blame.isSuspect(a)).toBe(false);
  });

  test('what a peer sent stays on file when it leaves', () => {
    const blame = new Blame();
    const address = createAddress('10.0.0.1', 5);
    if (address === null) throw new Error('not an address');
    blame.remember(a, { address, cameToUs: false });
    blame.accuse(from([a, b]), [digest(66), digest(2)]);
    blame.forget(a);
    expect(blame.isSuspect(a)).toBe(false);
    expect(blame.convict(piece, [digest(1), digest(2)])).toEqual(new Set([a]));
    expect(blame.originOf(a)?.address).toEqual(address);
  });

  test('remembers so many connections and no more', () => {
    const blame = new Blame();
    const address = createAddress('10.0.0.1', 5);
    if (address === null) throw new Error('not an address');
    for (let serial = 1; serial <= 2001; serial++) blame.remember(toPeerKey(serial), { address, cameToUs: false });
    expect(blame.originOf(toPeerKey(1))).toBeUndefined();
    expect(blame.originOf(toPeerKey(2))).toBeDefined();
  });
});
