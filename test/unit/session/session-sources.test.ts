// What the session does when its sources lie, are slow or are missing.

import { describe, expect, test } from 'vitest';
import type { PieceIndex } from '../../../src/model/ids.js';
import { encodeExtendedHandshake } from '../../../src/wire/extension.js';
import { addressAt, BLOCK, SessionDriver } from '../../support/session-driver.js';

const piece = (index: number): PieceIndex => index as PieceIndex;

describe('bad data', () => {
  test('from one source bans it, under every key it has', () => {
    const driver = new SessionDriver(4);
    const liar = driver.connect(1);
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'peer-disconnected', peer: liar, reason: 'closed-by-peer' });
    driver.connect(9, { address: addressAt(1) });
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    expect(driver.noticed('peer-banned')).toBe(1);
    expect(driver.disconnects()).toEqual(['9 bad-data']);
    driver.connect(1, { id: 60 });
    expect(driver.disconnects().at(-1)).toBe('1 banned');
  });

  test('a banned peer that comes back from another port is refused, also when it names its port only then', () => {
    const driver = new SessionDriver(4);
    const liar = driver.connect(1, { incoming: true });
    driver.say(liar, { type: 'extended', id: 0, payload: encodeExtendedHandshake({ extensions: new Map(), port: 7000 }) });
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    expect(driver.disconnects()).toContain('1 bad-data');
    driver.connect(2, { incoming: true, address: addressAt(2, '10.0.0.1') });
    expect(driver.disconnects()).toContain('2 banned');
  });

  test('sources-exhausted is said once, after a grace, and not while an address is untried', () => {
    const driver = new SessionDriver(2);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(1), addressAt(2)] });
    const liar = driver.connect(1);
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    driver.pass(6000);
    expect(driver.noticed('sources-exhausted')).toBe(0);
    driver.handle({ type: 'dial-failed', address: addressAt(2), reason: 'refused' });
    driver.pass(4000);
    expect(driver.noticed('sources-exhausted')).toBe(0);
    driver.pass(2000);
    expect(driver.noticed('sources-exhausted')).toBe(1);
    driver.pass(60_000);
    expect(driver.noticed('sources-exhausted')).toBe(1);
  });
});

describe('slow and missing sources', () => {
  test('a snubbed peer keeps the request that it may be in the middle of, the rest goes to others', () => {
    const driver = new SessionDriver(3, { limits: { probationPieces: 3 } });
    const slow = driver.connect(1);
    driver.say(slow, { type: 'have-all' });
    driver.say(slow, { type: 'unchoke' });
    const [first, second, third] = driver.asked(slow);
    driver.pass(50_000);
    expect(driver.sent(slow, 'cancel')).toHaveLength(2);
    expect(driver.session.expectsBlock(slow, piece(first), 0, BLOCK)).toBe(true);
    expect(driver.actions.filter((action) => action.type === 'revoke-lease').map((action) => action.piece)).toEqual([
      second,
      third,
    ]);
    expect(driver.deliver(slow, first)).toContainEqual({ type: 'store-piece', piece: first, digests: 'never' });
  });

  test('what a snubbed peer has skipped it is asked for again, and after three spans of silence whatever it holds', () => {
    const driver = new SessionDriver(3, { limits: { probationPieces: 3 } });
    const peer = driver.connect(1);
    driver.say(peer, { type: 'have-all' });
    driver.say(peer, { type: 'unchoke' });
    const [first, second, third] = driver.asked(peer);
    driver.deliver(peer, second);
    driver.deliver(peer, third);
    driver.pass(22_000);
    expect(driver.sent(peer, 'cancel')).toHaveLength(1);
    expect(driver.asked(peer).slice(3)).toEqual([first]);
    driver.pass(38_000);
    expect(driver.sent(peer, 'cancel'), 'it may be in the middle of it').toHaveLength(1);
    driver.pass(24_000);
    expect(driver.sent(peer, 'cancel')).toHaveLength(2);
    expect(driver.asked(peer).slice(3)).toEqual([first, first]);
  });

  test('what a dead peer holds comes to another one, even to one that was slow itself', () => {
    const driver = new SessionDriver(2);
    const [dead, slow, quick] = [driver.connect(1), driver.connect(2), driver.connect(3)];
    driver.say(dead, { type: 'have', piece: 0 });
    driver.say(dead, { type: 'unchoke' });
    driver.say(slow, { type: 'have-all' });
    driver.say(slow, { type: 'unchoke' });
    driver.say(quick, { type: 'have', piece: 1 });
    driver.say(quick, { type: 'unchoke' });
    driver.pass(3000);
    driver.deliver(quick, 1);
    driver.handle({ type: 'piece-stored', piece: piece(1) });
    driver.handle({ type: 'peer-disconnected', peer: quick, reason: 'closed-by-peer' });
    expect(driver.asked(slow), 'overtaken, it is snubbed').toEqual([1]);
    driver.pass(22_000);
    expect(driver.asked(slow)).toEqual([1, 0]);
  });

  test('a session with nobody to ask or dial calls for addresses, twice a minute and no more', () => {
    const driver = new SessionDriver(1);
    const calls = (): number =>
      driver.actions.filter((action) => action.type === 'announce' && action.event === 'more-peers').length;
    driver.pass(29_999);
    expect(calls()).toBe(0);
    driver.pass(1);
    expect(calls()).toBe(1);
    expect(driver.session.nextTimeout()).toBe(60_000);
    const peer = driver.connect(1);
    driver.pass(100_000);
    expect(calls(), 'somebody is here').toBe(1);
    driver.handle({ type: 'peer-disconnected', peer, reason: 'closed-by-peer' });
    driver.pass(0);
    expect(calls()).toBe(2);
    driver.pass(29_999);
    expect(calls()).toBe(2);
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(2)] });
    driver.pass(60_000);
    expect(calls(), 'a dial is under way').toBe(2);
    driver.handle({ type: 'dial-failed', address: addressAt(2), reason: 'refused' });
    driver.pass(0);
    expect(calls()).toBe(3);
    driver.handle({ type: 'stop' });
    expect(driver.session.nextTimeout()).toBeNull();
  });

  test('a peer that has nothing does not hide that a piece has no source left, one that has it does', () => {
    for (const has of [[], [0, 1]]) {
      const driver = new SessionDriver(2);
      driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [addressAt(1), addressAt(2)] });
      const liar = driver.connect(1);
      const other = driver.connect(2);
      for (const index of has) driver.say(other, { type: 'have', piece: index });
      driver.say(liar, { type: 'have-all' });
      driver.say(liar, { type: 'unchoke' });
      const [asked] = driver.asked(liar);
      driver.deliver(liar, asked);
      driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
      driver.pass(4000);
      expect(driver.noticed('sources-exhausted')).toBe(0);
      driver.pass(10_000);
      expect(driver.noticed('sources-exhausted')).toBe(has.length === 0 ? 1 : 0);
    }
  });

  test('a piece that never failed is not exhausted, however lonely we are', () => {
    const driver = new SessionDriver(2);
    const liar = driver.connect(1);
    driver.say(liar, { type: 'have-all' });
    driver.say(liar, { type: 'unchoke' });
    const [asked] = driver.asked(liar);
    driver.deliver(liar, asked);
    driver.handle({ type: 'piece-mismatch', piece: piece(asked), blockDigests: null });
    const honest = driver.connect(2);
    driver.say(honest, { type: 'have', piece: asked });
    driver.say(honest, { type: 'unchoke' });
    driver.deliver(honest, asked);
    driver.handle({ type: 'piece-stored', piece: piece(asked) });
    driver.handle({ type: 'peer-disconnected', peer: honest, reason: 'closed-by-peer' });
    driver.handle({ type: 'addresses-found', source: 'tracker', addresses: [] });
    driver.pass(10_000);
    expect(driver.noticed('sources-exhausted')).toBe(0);
  });
});
