// A session that reads, and peers that have pieces, but none that is read soon: when they hear that we want nothing, and that we do again.

import { describe, expect, test } from 'vitest';
import type { PeerKey, PieceIndex } from '../../../src/model/ids.js';
import { SIM_LIMITS } from '../../support/sim/limits.js';
import { SessionDriver } from '../../support/session-driver.js';

const AFTER = SIM_LIMITS.setAsideMs + 1000;

/** A reader of pieces 0 to 3 of 20, and a peer that has revealed two others. */
function stuck(): { driver: SessionDriver; peer: PeerKey } {
  const driver = new SessionDriver(20, { reads: true, limits: { probationPieces: 100, setAsideMs: SIM_LIMITS.setAsideMs } });
  look(driver, 0, 4);
  const peer = driver.connect(1);
  for (const piece of [9, 15]) have(driver, peer, piece);
  driver.say(peer, { type: 'unchoke' });
  return { driver, peer };
}

function look(driver: SessionDriver, first: number, end: number): void {
  driver.handle({ type: 'window-moved', readers: [[{ first, end }]] });
}

function have(driver: SessionDriver, peer: PeerKey, piece: number): void {
  driver.say(peer, { type: 'have', piece });
}

/** What the peer heard of our interest, in order. */
function interest(driver: SessionDriver, peer: PeerKey): string[] {
  return driver.actions.flatMap((action) => {
    if (action.type !== 'send' || action.peer !== peer) return [];
    const { type } = action.message;
    return type === 'interested' || type === 'not-interested' ? [type] : [];
  });
}

describe('a peer that has nothing to be read soon', () => {
  test('hears so after a while, and the contrary with the first piece that is: it is asked at once', () => {
    const { driver, peer } = stuck();
    expect(interest(driver, peer)).toEqual(['interested']);
    driver.pass(AFTER);
    expect(interest(driver, peer)).toEqual(['interested', 'not-interested']);
    expect(driver.session.snapshot(driver.now).peers).toMatchObject([{ isSetAside: true, amInterested: false }]);
    have(driver, peer, 11);
    expect(interest(driver, peer)).toHaveLength(2);
    have(driver, peer, 2);
    expect(interest(driver, peer)).toEqual(['interested', 'not-interested', 'interested']);
    expect(driver.asked(peer)).toEqual([2]);
  });

  test('is of interest as soon as a reader comes near what it has', () => {
    const { driver, peer } = stuck();
    driver.pass(AFTER);
    look(driver, 8, 12);
    expect(interest(driver, peer)).toEqual(['interested', 'not-interested', 'interested']);
    expect(driver.asked(peer)).toEqual([9]);
  });

  test('hears nothing while somebody else has what is read next: it may have more by then', () => {
    const { driver, peer } = stuck();
    const other = driver.connect(2);
    have(driver, other, 0);
    driver.pass(AFTER);
    expect(interest(driver, peer)).toEqual(['interested']);
  });

  test('hears so too where what is read next was begun with somebody who has left', () => {
    const { driver, peer } = stuck();
    const other = driver.connect(2);
    have(driver, other, 0);
    driver.say(other, { type: 'unchoke' });
    expect(driver.asked(other)).toEqual([0]);
    driver.handle({ type: 'peer-disconnected', peer: other, reason: 'closed-by-peer' });
    driver.pass(AFTER);
    expect(interest(driver, peer)).toEqual(['interested', 'not-interested']);
  });

  test('nor while nobody waits: what is read next is all there', () => {
    const { driver, peer } = stuck();
    look(driver, 9, 10);
    driver.deliver(peer, 9);
    driver.handle({ type: 'piece-stored', piece: 9 as PieceIndex });
    driver.pass(AFTER);
    expect(interest(driver, peer)).toEqual(['interested']);
  });

  test('in a download it is of interest as long as it has anything', () => {
    const driver = new SessionDriver(20, {});
    const peer = driver.connect(1);
    have(driver, peer, 9);
    driver.pass(AFTER);
    expect(interest(driver, peer)).toEqual(['interested']);
  });
});

describe('a peer that shows others when it hears of what it gave, as super-seeds do', () => {
  /** A reader of all of 20 pieces, which it has room for, and a peer that has shown two. */
  function shown(holdsRead = true): { driver: SessionDriver; peer: PeerKey } {
    const driver = new SessionDriver(20, {
      reads: true,
      holdsRead,
      limits: { probationPieces: 100, setAsideMs: SIM_LIMITS.setAsideMs },
    });
    look(driver, 0, 20);
    const peer = driver.connect(1);
    driver.say(peer, { type: 'have-none' });
    for (const piece of [9, 15]) have(driver, peer, piece);
    driver.say(peer, { type: 'unchoke' });
    return { driver, peer };
  }

  function bring(driver: SessionDriver, peer: PeerKey, ...pieces: number[]): void {
    for (const piece of pieces) {
      driver.deliver(peer, piece);
      driver.handle({ type: 'piece-stored', piece: piece as PieceIndex });
    }
  }

  function told(driver: SessionDriver, peer: PeerKey): number[] {
    return driver.sent(peer, 'have').flatMap((message) => (message.type === 'have' ? [message.piece] : []));
  }

  test('hears of it where nothing else is to be had, and from then on at once', () => {
    const { driver, peer } = shown();
    bring(driver, peer, 9, 15);
    expect(told(driver, peer)).toEqual([]);
    driver.pass(AFTER);
    expect(told(driver, peer)).toEqual([9, 15]);
    have(driver, peer, 3);
    expect(driver.asked(peer)).toEqual([9, 15, 3]);
    bring(driver, peer, 3);
    expect(told(driver, peer)).toEqual([9, 15, 3]);
    expect(interest(driver, peer)).toEqual(['interested', 'not-interested', 'interested', 'not-interested']);
  });

  test('others hear nothing, and what is said is true to the end: nothing that was read is dropped', () => {
    const { driver, peer } = shown();
    const other = driver.connect(2);
    driver.say(other, { type: 'have-none' });
    bring(driver, peer, 9, 15);
    driver.pass(AFTER);
    expect([told(driver, peer), told(driver, other)]).toEqual([[9, 15], []]);
    look(driver, 10, 20);
    look(driver, 16, 20);
    expect(driver.actions.filter(({ type }) => type === 'forget-piece')).toEqual([]);
    expect([9, 15].map((piece) => driver.session.hasPiece(piece as PieceIndex))).toEqual([true, true]);
    // Nothing is served all the same.
    driver.say(peer, { type: 'interested' });
    driver.pass(60_000);
    expect([...driver.sent(peer, 'unchoke'), ...driver.sent(other, 'unchoke')]).toEqual([]);
  });

  test('hears nothing where what was read is dropped', () => {
    const { driver, peer } = shown(false);
    bring(driver, peer, 9, 15);
    driver.pass(10 * AFTER);
    expect(told(driver, peer)).toEqual([]);
  });

  test('hears nothing while others have what is read', () => {
    const { driver, peer } = shown();
    const other = driver.connect(2);
    have(driver, other, 0);
    bring(driver, peer, 9, 15);
    driver.pass(10 * AFTER);
    expect(told(driver, peer)).toEqual([]);
  });

  test('that has shown all is told no more: we are no seed', () => {
    const { driver, peer } = shown();
    bring(driver, peer, 9, 15);
    driver.pass(AFTER);
    for (let piece = 0; piece < 20; piece++) if (piece !== 9 && piece !== 15) have(driver, peer, piece);
    bring(driver, peer, ...Array.from({ length: 20 }, (_, piece) => piece).filter((piece) => piece !== 9 && piece !== 15));
    driver.pass(AFTER);
    expect(told(driver, peer)).toEqual([9, 15]);
    expect(driver.session.snapshot(driver.now).havePieces).toBe(20);
  });

  test('that has nothing to be read, and shows nothing else when it was told, is set aside', () => {
    const { driver, peer } = shown();
    look(driver, 0, 12);
    bring(driver, peer, 9);
    driver.pass(AFTER);
    expect(told(driver, peer)).toEqual([9]);
    expect(interest(driver, peer)).toEqual(['interested']);
    driver.pass(AFTER);
    expect(interest(driver, peer)).toEqual(['interested', 'not-interested']);
  });

  test('a piece whose readers have left while it was on its way is not told of, as it goes', () => {
    const { driver, peer } = shown();
    bring(driver, peer, 9);
    driver.deliver(peer, 15);
    driver.handle({ type: 'piece-stored', piece: 15 as PieceIndex });
    driver.pass(AFTER);
    have(driver, peer, 3);
    driver.deliver(peer, 3);
    look(driver, 16, 20);
    driver.handle({ type: 'piece-stored', piece: 3 as PieceIndex });
    driver.pass(AFTER);
    expect(told(driver, peer)).toEqual([9, 15]);
    expect(driver.session.hasPiece(3 as PieceIndex)).toBe(false);
  });
});
