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
